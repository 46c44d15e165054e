import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createDiskBlobs } from '../../src/adapters/blobs/disk.ts';
import { ownCtx } from '../../src/context.ts';
import { textOf } from '../../src/db/statement.ts';
import { sweepBlobs } from '../../src/modules/files/sweep.ts';
import { engines } from '../engines.ts';
import { type Bucket, createBucket, PREFIX, requireStore } from '../s3/bucket.ts';
import { createProxy } from '../s3/proxy.ts';
import { startReceiver } from '../webhooks/receiver.ts';
import { type House, openMovingHouse } from './house.ts';
import { live, login } from './life.ts';
import { runVeza } from './run_migrate.ts';

/** More than a store takes in one piece. */
const LARGE = randomBytes(5 * 1024 * 1024).toString('hex');
const off = { WEBHOOK_DELIVERY: 'off' };
const store = requireStore();

for (const engine of engines.filter((engine) => engine === 'postgres' && store !== undefined))
  describe(`a move from SQLite that carries the files into a bucket (${engine})`, async () => {
    const url = store as string;
    const house: House = await openMovingHouse();
    const receiver = await startReceiver();
    const proxy = await createProxy(new URL(url).origin);
    after(house.close);
    after(receiver.close);
    after(proxy.close);
    const bucket: Bucket = await createBucket(url, proxy.url);
    const bytes = new Map<string, Buffer>();
    let [lost, lostName, checksum] = [0, '', ''];
    const disk = createDiskBlobs({ directory: join(house.directory, 'files'), minFreeBytes: 0 });
    const names = async () => (await Array.fromAsync(disk.names())).map(({ name }) => name).sort();

    before(async () => {
      const { ids } = await live(house, receiver);
      const app = await house.open(off);
      const alice = await login(app, 'alice');
      const { file_id: large } = await alice.upload({ name: 'large.txt', content: LARGE }, 201);
      lost = (await alice.upload({ name: 'lost.txt', content: 'lost some day' }, 201)).file_id;
      const { sha256 } = await alice.get(`/files/${lost}`, 200);
      lostName = (await names()).find((name) => name.startsWith(sha256)) ?? '';
      for (const path of [`${ids.picture}/download`, `${ids.picture}/thumbnail`, `${large}/download`])
        bytes.set(path, (await alice.request('GET', `/files/${path}`)).bytes);
      await app.close();
      await disk.remove(lostName);
      checksum = house.checksum();
    });

    const move = (variables: Readonly<Record<string, string>>, ...more: string[]) =>
      runVeza(house.directory, ['migrate', '--to', house.url, ...more], variables);

    /** Nothing at the target, and all as it was here. */
    async function nothingMoved(): Promise<void> {
      assert.equal(house.checksum(), checksum);
      assert.ok(!existsSync(join(house.directory, 'moved-to-postgresql.txt')));
      assert.deepEqual(await house.contents('other'), [''], 'not even a table');
    }

    it('is told which bucket, and to take them along where a server would look for them there', async () => {
      const unnamed = await move({}, '--files-to-s3');
      assert.equal(unnamed.code, 64);
      assert.match(unnamed.err, /^veza: --files-to-s3 .*set S3_BUCKET/);
      const left = await move(bucket.variables);
      assert.equal(left.code, 64);
      assert.match(left.err, /^veza: S3_BUCKET is set, .*files: add --files-to-s3 .*unset S3_BUCKET/);
      await nothingMoved();
    });

    it('says that a store does not answer, or has no such bucket, before anything is moved', async () => {
      for (const [wrong, says] of [
        [{ S3_ENDPOINT: 'http://127.0.0.1:1' }, /the bucket cannot be used: .*ECONNREFUSED.*nothing was changed/],
        [{ S3_BUCKET: 'not-there' }, /the bucket cannot be used: .*NoSuchBucket.*nothing was changed/],
      ] as const) {
        const { code, out, err } = await move({ ...bucket.variables, ...wrong }, '--files-to-s3');
        assert.deepEqual([code, out], [69, '']);
        assert.match(err, says);
        assert.equal(err.trim().split('\n').length, 1, err);
      }
      await nothingMoved();
    });

    /** Lets some files through, and calls `then` at the next. */
    function afterSome(then: () => 'pass' | 'reset' | number): void {
      let puts = 0;
      proxy.decide = ({ method }) => (method === 'PUT' && ++puts > 3 ? then() : 'pass');
    }

    it('takes away what it has carried, where the store takes no more of it or somebody interrupts', async () => {
      afterSome(() => 403);
      const refused = await move(bucket.variables, '--files-to-s3');
      assert.equal(refused.code, 69);
      assert.match(refused.err, /the bucket cannot be used: PutObject: AccessDenied.*nothing was changed\n$/);
      assert.deepEqual(await bucket.objects(), []);
      await nothingMoved();

      let interrupt = () => {};
      afterSome(() => {
        proxy.decide = () => 'pass';
        interrupt();
        return 'pass';
      });
      const interrupted = await runVeza(
        house.directory,
        ['migrate', '--to', house.url, '--files-to-s3'],
        bucket.variables,
        (_, kill) => {
          interrupt = () => kill('SIGINT');
        },
      );
      assert.deepEqual([interrupted.code, interrupted.err.includes('interrupted; nothing was changed')], [1, true]);
      assert.deepEqual(await bucket.objects(), []);
      await nothingMoved();
    });

    it('names what stays in a store that dies in the middle', async () => {
      afterSome(() => {
        proxy.decide = () => 'reset';
        return 'reset';
      });
      const { code, err } = await move(bucket.variables, '--files-to-s3');
      assert.equal(code, 69);
      proxy.decide = () => 'pass';
      const there = (await bucket.objects()).map((key) => key.slice(PREFIX.length));
      assert.ok(there.length > 0);
      assert.match(err, new RegExp(`^veza: ${there.length} copies could not be taken away again`, 'm'));
      assert.deepEqual([...err.matchAll(/^veza: {3}(\S+)$/gm)].map(([, name]) => name).sort(), there);
      await nothingMoved();
    });

    it('goes through the next time, and says what was lost before', async () => {
      const kept = await names();
      const { code, out, err } = await move(bucket.variables, '--files-to-s3');
      assert.equal(code, 0, err);
      assert.match(err, new RegExp(`^veza: the bytes ${lostName} \\(blob \\d+\\) are missing, and were left out\n$`));
      assert.match(out, new RegExp(`^Files {2}${kept.length} were copied.*; 1 were lost before.*backup\\.$`, 'm'));
      assert.equal(house.checksum(), checksum);
      assert.deepEqual(await names(), kept, 'the old ones are as they were');
    });

    it('has every file there, with the disk gone; what was left of a move that failed goes', async () => {
      rmSync(join(house.directory, 'files'), { recursive: true });
      const app = await house.open({ ...off, ...bucket.variables, DATABASE_URL: house.url });
      const alice = await login(app, 'alice');
      for (const [path, content] of bytes)
        assert.ok((await alice.request('GET', `/files/${path}`)).bytes.equals(content), path);
      await alice.get(`/files/${lost}/download`, 404);
      await sweepBlobs(ownCtx(app.deps, 'test'), new AbortController().signal, 0);
      const rows = await app.deps.db.reader.all(textOf('select name from blobs'), []);
      const wanted = rows.map(({ name }) => String(name)).filter((name) => name !== lostName);
      assert.deepEqual(await bucket.objects(), wanted.map((name) => PREFIX + name).sort());
      assert.equal((await (await login(app, 'admin')).get('/admin/consistency', 200)).ok, true);
      await app.close();
    });
  });

for (const engine of engines.filter((engine) => engine === 'postgres' && store !== undefined))
  describe(`a move from SQLite whose files are in a bucket already (${engine})`, async () => {
    const { variables } = await createBucket(store as string);

    for (const [flag, says] of [
      [[], /^Files {2}stay in the bucket veza-\w+: the server needs the same S3_ variables/m],
      [['--files-to-s3'], /^Files {2}0 were copied, .*; 1 were there already\./m],
    ] as const)
      it(`leaves them there (${flag.join() || 'no option'})`, async () => {
        const house = await openMovingHouse();
        const app = await house.open({ ...off, ...variables });
        const admin = await login(app, 'admin');
        const { url } = await admin.upload({ name: 'a.txt', content: 'in the bucket' }, 201);
        await app.close();
        const args = ['migrate', '--to', house.url, ...flag];
        const { code, out, err } = await runVeza(house.directory, args, variables);
        assert.deepEqual([code, err], [0, '']);
        assert.match(out, says);
        const moved = await house.open({ ...off, ...variables, DATABASE_URL: house.url });
        assert.equal((await (await login(moved, 'admin')).request('GET', url)).text, 'in the bucket');
        await moved.close();
        await house.close();
      });
  });
