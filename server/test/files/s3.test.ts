import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import { pino } from 'pino';
import { BlobMissing, type Blobs, BlobsUnavailable } from '../../src/adapters/blobs/blobs.ts';
import { openS3Blobs } from '../../src/adapters/blobs/s3.ts';
import { createBucket, PREFIX, requireStore } from '../s3/bucket.ts';
import { createProxy, type Fate } from '../s3/proxy.ts';
import { conforms } from './blobs_conformance.ts';
import type { HeldWrites } from './held_writes.ts';

const MIB = 1024 * 1024;
/** Pieces of a part, and the one after which it is sent. */
const PART_AHEAD = 8 * 16 + 1;
const url = requireStore();

async function* chunks(bytes: Buffer, size = 100_000): AsyncIterable<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function namesOf(blobs: Blobs): Promise<string[]> {
  return (await Array.fromAsync(blobs.names())).map(({ name }) => name).sort();
}

if (url !== undefined)
  describe('blobs in a bucket', async () => {
    const proxy = await createProxy(new URL(url).origin);
    after(proxy.close);
    const bucket = await createBucket(url, proxy.url);
    const open = (changes = {}) =>
      openS3Blobs({
        bucket: bucket.name,
        prefix: PREFIX,
        region: 'us-east-1',
        endpoint: proxy.url,
        credentials: { accessKeyId: new URL(url).username, secretAccessKey: new URL(url).password },
        pathStyle: true,
        linkSeconds: undefined,
        log: pino({ level: 'silent' }),
        ...changes,
      });
    const blobs = await open();
    after(blobs.close);

    /** Has all that is asked meet this fate while `act` runs, but for what `spares` lets through. */
    async function under<T>(fate: Fate, act: () => Promise<T>, isSpared = (_asked: string) => false): Promise<T> {
      proxy.decide = ({ method, url }) => (isSpared(`${method} ${url}`) ? 'pass' : fate);
      return act().finally(() => {
        proxy.decide = () => 'pass';
      });
    }

    async function holdStore(): Promise<HeldWrites> {
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      proxy.decide = async (): Promise<Fate> => {
        reached.resolve();
        await released.promise;
        return 'pass';
      };
      return { reached: reached.promise, release: released.resolve };
    }

    conforms(blobs, holdStore, PART_AHEAD);

    it('sends a large one in parts, each with its hash, and shows nothing until it is kept', async () => {
      const bytes = randomBytes(20 * MIB + 17);
      proxy.seen.length = 0;
      const draft = await blobs.receive(chunks(bytes));
      assert.deepEqual([draft.size, draft.sha256], [bytes.length, createHash('sha256').update(bytes).digest('hex')]);
      assert.deepEqual([await bucket.objects(), (await bucket.uploads()).length], [[], 1]);
      const parts = proxy.seen.filter(({ method }) => method === 'PUT');
      assert.deepEqual(
        parts.map(({ size }) => size),
        [8 * MIB, 8 * MIB, 4 * MIB + 17],
      );
      for (const part of parts) assert.equal(part.headers['x-amz-content-sha256'], part.sha256);
      const name = await draft.keep();
      assert.deepEqual([await bucket.objects(), await bucket.uploads()], [[PREFIX + name], []]);
      const read = Buffer.concat(await Array.fromAsync(await blobs.open(name)));
      assert.ok(read.equals(bytes));
      const middle = await Array.fromAsync(await blobs.open(name, 8 * MIB - 5, 8 * MIB + 5));
      assert.ok(Buffer.concat(middle).equals(bytes.subarray(8 * MIB - 5, 8 * MIB + 6)));
      await blobs.remove(name);
    });

    it('sends a small one once, with its hash, and only when it is kept', async () => {
      for (const size of [1, 8 * MIB]) {
        proxy.seen.length = 0;
        const draft = await blobs.receive(chunks(randomBytes(size), MIB));
        assert.equal(proxy.seen.length, 0);
        const name = await draft.keep();
        assert.deepEqual(
          proxy.seen.map(({ method, size }) => [method, size]),
          [['PUT', size]],
        );
        assert.equal(proxy.seen[0]?.sha256, draft.sha256);
        assert.equal(proxy.seen[0]?.headers['x-amz-content-sha256'], draft.sha256);
        await blobs.remove(name);
      }
    });

    it('leaves neither object nor upload of what was discarded or broke off', async () => {
      await (await blobs.receive(chunks(randomBytes(17 * MIB)))).discard();
      const breaking = async function* () {
        yield* chunks(randomBytes(17 * MIB));
        throw new Error('cut off');
      };
      await assert.rejects(blobs.receive(breaking()), /cut off/);
      assert.deepEqual([await bucket.objects(), await bucket.uploads()], [[], []]);
    });

    it('drops uploads that nobody ends, over all pages of them, and none of others', async () => {
      const foreign = await open({ prefix: 'others/' });
      await foreign.receive(chunks(randomBytes(9 * MIB)));
      for (let i = 0; i < 5; i++) await blobs.receive(chunks(randomBytes(9 * MIB)));
      await blobs.dropDrafts(60_000);
      assert.ok((await bucket.uploads()).length >= 3, 'young ones stay');
      await blobs.dropDrafts(0);
      assert.equal((await bucket.uploads()).filter((key) => key.startsWith(PREFIX)).length, 0);
      assert.equal((await bucket.uploads()).length, 1);
      await foreign.dropDrafts(0);
      await under(501, () => blobs.dropDrafts(0));
      assert.equal(blobs.isDown(), false, 'a store that cannot list them is none that fails');
      foreign.close();
    });

    it('names all there is, over pages too, and nothing that is not its own', async () => {
      const own = Array.from({ length: 20 }, () => randomBytes(20).toString('hex'));
      const moved = `${'0'.repeat(64)}.${'1'.repeat(16)}`;
      for (const name of own) await bucket.put(PREFIX + name, 'x');
      const others = [`${PREFIX}readme.txt`, `${PREFIX}backups/${'a'.repeat(40)}`, 'a'.repeat(40), `${PREFIX}A1`];
      for (const key of [PREFIX + moved, ...others]) await bucket.put(key, 'x');
      assert.deepEqual(await namesOf(blobs), [...own, moved].sort());
      for (const name of [...own, moved]) await blobs.remove(name);
      assert.deepEqual(await bucket.objects(), others.sort());
    });

    it('tries again what failed once', async () => {
      for (const fate of [500, 503, 'reset'] as const) {
        const refused = new Set<string>();
        proxy.decide = ({ method, url = '' }) => {
          const isFirst = !refused.has(`${method} ${url}`);
          refused.add(`${method} ${url}`);
          return isFirst ? fate : 'pass';
        };
        const bytes = randomBytes(9 * MIB);
        const name = await (await blobs.receive(chunks(bytes))).keep();
        assert.ok(Buffer.concat(await Array.fromAsync(await blobs.open(name))).equals(bytes));
        assert.equal(await blobs.has(name), true);
        await blobs.remove(name);
        proxy.decide = () => 'pass';
      }
    });

    it('is looked at again by whoever asks whether it is down, but not each time', async () => {
      await assert.rejects(under(503, () => blobs.has('x')));
      proxy.seen.length = 0;
      for (let i = 0; i < 10; i++) blobs.isDown();
      while (blobs.isDown()) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.equal(proxy.seen.length, 1);
    });

    it('a store that fails is unavailable, whatever is asked and whenever, and nothing half-written is left', async () => {
      const small = chunks.bind(undefined, Buffer.from('small'));
      const large = chunks.bind(undefined, randomBytes(17 * MIB));
      const name = await (await blobs.receive(small())).keep();
      const asked: (() => Promise<unknown>)[] = [
        () => blobs.open(name),
        () => blobs.has(name),
        () => blobs.remove(name),
        () => namesOf(blobs),
        () => blobs.dropDrafts(0),
        () => blobs.receive(large()),
        async () => (await blobs.receive(small())).keep(),
      ];
      for (const fate of [500, 403, 'reset'] as const) {
        for (const ask of asked) await assert.rejects(under(fate, ask), BlobsUnavailable);
        assert.equal(blobs.isDown(), true);
        const draft = await blobs.receive(large());
        // Only what completes it fails: the rest of the tidying reaches the store.
        await assert.rejects(
          under(fate, draft.keep, (asked) => !asked.startsWith('POST')),
          BlobsUnavailable,
        );
        await blobs.has(name);
        assert.equal(blobs.isDown(), false);
        assert.deepEqual([await namesOf(blobs), await bucket.uploads()], [[name], []]);
      }
      await blobs.remove(name);
    });

    it('a bucket or keys that are wrong make nothing look as if it were not there, and the secret is not told', async () => {
      const secretAccessKey = 'a-secret-that-nobody-may-read';
      const name = await (await blobs.receive(chunks(Buffer.from('words')))).keep();
      for (const [changes, code] of [
        [{ bucket: 'no-such-bucket' }, 'NoSuchBucket'],
        [{ credentials: { accessKeyId: new URL(url).username, secretAccessKey } }, 'SignatureDoesNotMatch'],
        [{ credentials: { accessKeyId: 'WHO', secretAccessKey } }, 'InvalidAccessKeyId'],
        [{ endpoint: 'http://127.0.0.1:1' }, 'ECONNREFUSED'],
      ] as const) {
        const wrong = await open(changes);
        for (const ask of [() => wrong.has(name), () => wrong.open(name), () => namesOf(wrong)]) {
          await assert.rejects(ask(), (error) => {
            assert.ok(error instanceof BlobsUnavailable, inspect(error));
            assert.ok(!/secret-that|WHO|Signature=|AWS4-HMAC|StringToSign/.test(inspect(error, { depth: 9 })));
            return true;
          });
        }
        await assert.rejects(namesOf(wrong), { code });
        wrong.close();
      }
      await blobs.remove(name);
    });

    it('one that never answers is given up', async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const reached = Promise.withResolvers<void>();
      proxy.decide = () => {
        reached.resolve();
        return 'hang';
      };
      const asked = assert.rejects(blobs.has('x'), { code: 'Timeout' });
      await reached.promise;
      t.mock.timers.tick(8_000);
      await asked;
      proxy.decide = () => 'pass';
    });

    it('one that stops in the middle of an object is given up, a reader that is slow is not', async (t) => {
      const bytes = randomBytes(MIB);
      const name = await (await blobs.receive(chunks(bytes))).keep();
      t.mock.timers.enable({ apis: ['setTimeout'] });
      const stalled = await under('stall', () => blobs.open(name));
      const reading = assert.rejects(Array.fromAsync(stalled), { code: 'Stalled' });
      while (stalled.readableLength === 0 && !stalled.readableDidRead) await setImmediate();
      for (let turns = 0; turns < 100; turns++) await setImmediate();
      t.mock.timers.tick(15_000);
      await reading;
      const slow = await blobs.open(name);
      const taken = [(await slow[Symbol.asyncIterator]().next()).value as Buffer];
      while (slow.readableLength < slow.readableHighWaterMark) await setImmediate();
      t.mock.timers.tick(60_000);
      for await (const chunk of slow) taken.push(chunk);
      assert.ok(Buffer.concat(taken).equals(bytes));
      t.mock.timers.reset();
      await blobs.remove(name);
    });

    it('an object whose reader goes away is read no further', async () => {
      const name = await (await blobs.receive(chunks(randomBytes(9 * MIB)))).keep();
      proxy.cut = 0;
      (await blobs.open(name)).destroy();
      for await (const _ of await blobs.open(name)) break;
      while (proxy.cut < 2) await setImmediate();
      await blobs.remove(name);
    });

    it('a store that sends something else than the range is not believed', async () => {
      const name = await (await blobs.receive(chunks(Buffer.from('0123456789')))).keep();
      await assert.rejects(
        under(200, () => blobs.open(name, 2, 4)),
        { code: 'NoRange' },
      );
      assert.equal(`${await Array.fromAsync(await blobs.open(name, 2, 4))}`, '234');
      await assert.rejects(blobs.open(name, 10, 12), BlobMissing);
      await blobs.remove(name);
    });
  });
