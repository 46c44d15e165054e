import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, describe, it } from 'node:test';
import { type Logger, pino } from 'pino';
import { ownCtx } from '../../src/context.ts';
import { sweepBlobs } from '../../src/modules/files/sweep.ts';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import { formOf } from '../harness/form.ts';
import type { Person } from '../harness/people.ts';
import { createBucket, PREFIX, requireStore } from '../s3/bucket.ts';
import { startStore } from '../s3/store_process.ts';
import { png } from './samples.ts';
import { stored } from './stored.ts';

const MIB = 1024 * 1024;
const SECRET = 'a-secret-that-nobody-may-read';

/** A log that can be read again. */
function readableLog(): { log: Logger; text(): string } {
  let text = '';
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      text += chunk;
      done();
    },
  });
  return { log: pino({ level: 'debug' }, stream), text: () => text };
}

const sweep = (app: TestApp) => sweepBlobs(ownCtx(app.deps, 'test'), new AbortController().signal, 0);

/** Refused for now, with when to come back. */
async function refused(person: Person, method: 'GET' | 'POST', path: string, body?: unknown, headers = {}) {
  const reply = await person.request(method, path, { body, headers });
  assert.deepEqual(
    [reply.status, reply.error?.code, reply.error?.details.reason, reply.headers['retry-after']],
    [503, 'SERVICE_UNAVAILABLE', 'files', '5'],
    `${method} ${path}`,
  );
}

if (requireStore() !== undefined)
  describe('a store that goes away', async () => {
    const store = await startStore();
    after(store.stop);
    const bucket = await createBucket(store.url);
    const { log, text } = readableLog();
    const app = await createTestApp('sqlite', { ...bucket.variables, MAX_FILE_BYTES: `${64 * MIB}` }, { log });
    after(app.close);
    const [alice, bob] = [await app.register('alice'), await app.register('bob')];
    const room = await alice.post('/rooms', { name: 'ours' }, 201);
    await alice.post(`/rooms/${room.id}/members`, { user_id: bob.id }, 201);
    const fields = { room_id: room.id };
    const words = await alice.upload({ name: 'a.txt', content: 'words', fields }, 201);
    const picture = await alice.upload({ name: 'a.png', content: png(40, 30), fields }, 201);
    await alice.request('GET', picture.thumbnail_url);
    const form = formOf([{ name: 'file', filename: 'b.txt', content: 'other words' }]);
    const ready = async () => (await app.stranger.request('GET', '/readyz')).text;

    const metrics = async () => (await app.stranger.request('GET', '/metrics')).text;

    it('refuses files for now, with nothing of them left; all else goes on', async () => {
      assert.match(await ready(), /"degraded":\[\]/);
      assert.match(await metrics(), /^veza_files_up 1$/m);
      await store.kill();
      await app.unchanged(async () => {
        await refused(alice, 'POST', '/files/upload', form.body, form.headers);
        await refused(bob, 'GET', words.url);
        await refused(bob, 'GET', picture.thumbnail_url);
      });
      assert.match(await ready(), /"degraded":\["files"\]/);
      assert.match(await metrics(), /^veza_files_up 0$/m);
      const content = 'still here';
      await bob.post(`/rooms/${room.id}/messages`, { content }, 201);
      assert.equal((await alice.get(`/rooms/${room.id}/messages`, 200)).messages.at(-1).content, content);
      assert.equal((await bob.request('HEAD', words.url)).status, 200);
      assert.equal((await bob.get(`/files/${words.file_id}`, 200)).size, 5);
      const { url } = await alice.post(`/files/${words.file_id}/link`, {}, 200);
      await refused(app.stranger, 'GET', url);
      await assert.rejects(sweep(app));
    });

    it('says why in the log, without what is secret', () => {
      assert.match(text(), /PutObject: ECONNREFUSED/);
      assert.match(text(), /GetObject: ECONNREFUSED/);
      assert.ok(!/S3RVER|Signature=|AWS4-HMAC/.test(text()));
    });

    it('takes files again when it is back, without a restart', async () => {
      await store.again();
      assert.equal((await bob.request('GET', words.url)).text, 'words');
      assert.equal((await bob.request('GET', picture.thumbnail_url)).headers['content-type'], 'image/webp');
      assert.match(await ready(), /"degraded":\[\]/);
      const file = await alice.upload({ name: 'b.txt', content: 'other words', fields }, 201);
      assert.equal((await bob.request('GET', file.url)).text, 'other words');
      await alice.delete(`/files/${file.file_id}`, 204);
      assert.equal((await stored(app)).length, 3);
    });

    it('a file that is deleted while it is away is gone at once, and its bytes once it is back', async () => {
      const file = await alice.upload({ name: 'c.txt', content: 'to be deleted', fields }, 201);
      await store.kill();
      await alice.delete(`/files/${file.file_id}`, 204);
      await bob.get(file.url, 404);
      await store.again();
      assert.equal((await stored(app)).length, 4);
      await bucket.put(`${PREFIX}kept.txt`, 'of somebody else');
      const stray = PREFIX + randomBytes(20).toString('hex');
      await bucket.put(stray, 'of nobody');
      assert.equal(await sweep(app), 2);
      assert.equal((await stored(app)).length, 3);
      const left = await bucket.objects();
      assert.ok(left.includes(`${PREFIX}kept.txt`) && !left.includes(stray));
      assert.equal((await bob.request('GET', words.url)).text, 'words');
    });

    it('killed in the middle of a large upload, leaves neither row nor bytes', async () => {
      await app.server.listen({ host: '127.0.0.1', port: 0 });
      const { port } = app.server.server.address() as { port: number };
      const large = formOf([{ name: 'file', filename: 'large.txt', content: Buffer.alloc(40 * MIB, 'large ') }]);
      const before = await stored(app);
      await app.unchanged(async () => {
        const body = async function* () {
          for (let at = 0; at < large.body.length; at += MIB) {
            if (at === 20 * MIB) await store.kill();
            yield large.body.subarray(at, at + MIB);
          }
        };
        const reply = await fetch(`http://127.0.0.1:${port}/api/v1/files/upload`, {
          method: 'POST',
          headers: { ...large.headers, authorization: `Bearer ${alice.token}` },
          body: ReadableStream.from(body()),
          duplex: 'half',
        });
        assert.deepEqual([reply.status, reply.headers.get('retry-after')], [503, '5']);
      });
      await store.again();
      assert.equal((await bucket.uploads()).length, 1);
      await sweep(app);
      assert.deepEqual([await stored(app), await bucket.uploads()], [before, []]);
      const name = { name: 'large.txt', content: Buffer.alloc(20 * MIB, 'large ') };
      const file = await alice.upload(name, 201);
      assert.ok((await alice.request('GET', file.url)).bytes.equals(name.content));
      await alice.delete(`/files/${file.file_id}`, 204);
    });

    it('the data directory is there for what is beside the files, and so is what is measured of its disk', async () => {
      for (const engine of engines) {
        const above = mkdtempSync(join(tmpdir(), 'veza-s3-'));
        const directory = join(above, 'not/yet');
        const other = await createTestApp(engine, { ...bucket.variables, DATA_DIR: directory });
        assert.match((await other.stranger.request('GET', '/metrics')).text, /^veza_disk_free_bytes \d+$/m);
        assert.ok(!readdirSync(directory).includes('files'));
        await other.close();
        rmSync(above, { recursive: true });
      }
    });

    it('with a bucket or keys that are wrong a server starts, and says so at once', async () => {
      for (const [wrong, why] of [
        [{ S3_BUCKET: 'no-such-bucket' }, /NoSuchBucket/],
        [{ S3_SECRET_ACCESS_KEY: SECRET }, /SignatureDoesNotMatch/],
        [{ S3_ENDPOINT: 'http://127.0.0.1:1' }, /ECONNREFUSED/],
      ] as const) {
        const { log, text } = readableLog();
        const other = await createTestApp('sqlite', { ...bucket.variables, ...wrong }, { log });
        while (!text().includes('the bucket of files cannot be used')) await new Promise(setImmediate);
        assert.match(text(), why);
        assert.ok(!text().includes(SECRET) && !/Signature=|AWS4-HMAC/.test(text()));
        await refused(other.admin, 'POST', '/files/upload', form.body, form.headers);
        await other.admin.post('/rooms', { name: 'all the same' }, 201);
        await other.close();
      }
    });
  });
