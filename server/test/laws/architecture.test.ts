import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { cruise, type ICruiseResult, type IFlattenedRuleSet } from 'dependency-cruiser';
import rules from '../../../.dependency-cruiser.ts';
import { type Law, laws, type SourceFile } from './source_laws.ts';

const root = join(import.meta.dirname, '../../..');

async function sources(): Promise<SourceFile[]> {
  const paths = globSync('server/src/**/*.ts', { cwd: root }).sort();
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })));
}

describe('laws of the source', () => {
  for (const law of laws) {
    test(law.name, async () => {
      for (const broken of law.breaks) assert.notDeepEqual(faults(law, [broken]), [], `sees ${broken.path}`);
      for (const kept of law.keeps) assert.deepEqual(faults(law, [kept]), []);
      assert.deepEqual(faults(law, await sources()), []);
    });
  }
});

function faults(law: Law, files: SourceFile[]): string[] {
  return files.flatMap((file) => law.check(file).map((fault) => `${file.path}: ${fault}`));
}

describe('laws of the imports', () => {
  test('the tree keeps every rule', async () => {
    const folders = ['server', 'bench', 'sdk', 'web'].filter((folder) => globSync(join(root, folder)).length > 0);
    assert.deepEqual(await violations(root, folders), []);
  });

  test('each rule sees its violation, and what is allowed passes', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'veza-test-imports-'));
    try {
      for (const [path, text] of Object.entries(sample)) {
        await mkdir(dirname(join(dir, path)), { recursive: true });
        await writeFile(join(dir, path), text);
      }
      assert.deepEqual(await violations(dir, ['server', 'bench', 'sdk', 'web']), expected.sort());
      const named = new Set(expected.map((line) => line.split(': ')[0]));
      assert.deepEqual(
        rules.forbidden?.map((rule) => rule.name).filter((name) => !named.has(name)),
        [],
      );
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});

async function violations(baseDir: string, folders: string[]): Promise<string[]> {
  const { forbidden = [], options = {} } = rules;
  const result = await cruise(
    folders,
    { ...options, baseDir, validate: true, ruleSet: { forbidden } as IFlattenedRuleSet },
    options.enhancedResolveOptions,
  );
  const { summary } = result.output as ICruiseResult;
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`).sort();
}

const stub = (name: string) => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.0.0', main: 'index.js' }),
  [`node_modules/${name}/index.js`]: 'module.exports = {};',
});

const sample: Record<string, string> = {
  ...stub('pg'),
  ...stub('fastify'),
  ...stub('kysely'),
  ...stub('fast-check'),
  'package.json': '{"devDependencies":{"fast-check":"1"}}',
  'server/package.json': '{"dependencies":{"pg":"1","fastify":"1","kysely":"1"}}',
  'server/src/main.ts': `import './app.ts';`,
  'server/src/app.ts': `import 'pg'; import './http/server.ts'; import './modules/rooms/routes.ts';`,
  'server/src/db/tables.ts': `import 'pg'; export type Tables = 1;`,
  'server/src/http/route.ts': 'export const route = 1;',
  'server/src/http/server.ts': `import 'fastify';`,
  'server/src/modules/rooms/store.ts': `
    import 'kysely';
    import '../../db/tables.ts';
    import type { X } from '../users/store.ts';
    import '../users/store.ts';
    import 'fastify';
    import './list_store.ts';
    import type { Y } from './list.ts';
    import './rooms.ts';
    import type { Z } from '../users/users.ts';`,
  'server/src/modules/rooms/list_store.ts': '',
  'server/src/modules/rooms/list.ts': 'export type Y = 1;',
  'server/src/modules/users/users.ts': 'export type Z = 1;',
  'server/src/modules/users/store.ts': 'export type X = 1;',
  'server/src/modules/rooms/rooms.ts': `import '../../http/server.ts'; import '../users/store.ts'; import 'fastify';`,
  'server/src/modules/rooms/routes.ts': `
    import './rooms.ts';
    import '../../http/route.ts';
    import '../../http/server.ts';
    import '../../db/tables.ts';
    import '../users/store.ts';`,
  'server/src/modules/rooms/driver.ts': `import 'pg'; import '../../app.ts';`,
  'server/src/a.ts': `import './b.ts'; import type { C } from './c.ts'; import './gone.ts'; import 'fast-check';`,
  'server/src/b.ts': `import './a.ts';`,
  'server/src/c.ts': `import './a.ts'; export type C = 1; import '../test/harness.ts'; import './c.test.ts';`,
  'server/src/c.test.ts': `import '../test/harness.ts'; import './app.ts';`,
  'server/src/db/upwards.ts': `import '../modules/users/store.ts';`,
  'server/src/log/read.ts': `import '../http/route.ts';`,
  'server/src/http/raw.ts': `import type { Server } from 'node:http'; export type S = Server;`,
  'server/src/http/whole.ts': `import { STATUS_CODES } from 'node:http'; export { STATUS_CODES };`,
  'server/src/adapters/blobs.ts': `import '../modules/users/store.ts';`,
  'server/src/config.ts': `import '../../sdk/src/client.ts';`,
  'server/test/harness.ts': `import '../../sdk/src/client.ts';`,
  'bench/run.ts': `import '../server/src/app.ts';`,
  'sdk/src/client.ts': `import '../../server/src/http/route.ts';`,
  'web/src/page.ts': `import '../../sdk/src/client.ts'; import '../../server/src/http/route.ts';`,
};

const src = 'server/src';
const expected = [
  `no-circular: ${src}/a.ts -> ${src}/b.ts`,
  `resolvable: ${src}/a.ts -> ./gone.ts`,
  `declared-dependencies: ${src}/a.ts -> node_modules/fast-check/index.js`,
  `store-only-db: ${src}/modules/rooms/store.ts -> ${src}/modules/users/users.ts`,
  `store-below-actions: ${src}/modules/rooms/store.ts -> ${src}/modules/rooms/rooms.ts`,
  `store-calls-no-store: ${src}/modules/rooms/store.ts -> ${src}/modules/users/store.ts`,
  `store-only-kysely: ${src}/modules/rooms/store.ts -> node_modules/fastify/index.js`,
  `routes-no-storage: ${src}/modules/rooms/routes.ts -> ${src}/db/tables.ts`,
  `routes-no-storage: ${src}/modules/rooms/routes.ts -> ${src}/modules/users/store.ts`,
  `routes-only-route: ${src}/modules/rooms/routes.ts -> ${src}/http/server.ts`,
  `actions-no-http: ${src}/modules/rooms/rooms.ts -> ${src}/http/server.ts`,
  `actions-no-http: ${src}/modules/rooms/rooms.ts -> node_modules/fastify/index.js`,
  `actions-no-http: ${src}/modules/rooms/store.ts -> node_modules/fastify/index.js`,
  `drivers-in-db: ${src}/modules/rooms/driver.ts -> node_modules/pg/index.js`,
  `app-on-top: ${src}/modules/rooms/driver.ts -> ${src}/app.ts`,
  `db-below-all: ${src}/db/upwards.ts -> ${src}/modules/users/store.ts`,
  `log-below-transport: ${src}/log/read.ts -> ${src}/http/route.ts`,
  `adapters-outside: ${src}/adapters/blobs.ts -> ${src}/modules/users/store.ts`,
  `no-http-module: ${src}/http/whole.ts -> http`,
  `no-test-code: ${src}/c.ts -> server/test/harness.ts`,
  `no-test-code: ${src}/c.ts -> ${src}/c.test.ts`,
  `server-alone: ${src}/config.ts -> sdk/src/client.ts`,
  `sdk-alone: sdk/src/client.ts -> ${src}/http/route.ts`,
  `web-on-sdk: web/src/page.ts -> ${src}/http/route.ts`,
];
