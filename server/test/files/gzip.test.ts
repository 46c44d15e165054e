import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import { formOf } from '../harness/form.ts';
import { stored } from './stored.ts';

const LIMIT = 100_000;
const EMPTY_BLOCK = Buffer.from([0, 0, 0, 0xff, 0xff]);

for (const engine of engines) {
  describe(`uploads that come gzipped (${engine})`, async () => {
    const app = await createTestApp(engine, { MAX_FILE_BYTES: `${LIMIT}` });
    after(app.close);
    const alice = await app.register('alice');
    const form = (content: Buffer | string, more = {}) =>
      formOf([
        { name: 'file', filename: 'a.txt', content, ...more },
        { name: 'description', content: 'packed' },
      ]);
    const send = (body: Buffer, coding = 'gzip') =>
      alice.request('POST', '/files/upload', {
        body,
        headers: { ...form('').headers, 'content-encoding': coding },
      });
    const refused = async (body: Buffer, coding?: string) => {
      const { status, error } = await send(body, coding);
      return [status, error.code, error.details];
    };

    it('are kept as they were before, whatever they were packed with', async () => {
      const random = Buffer.from(randomBytes(LIMIT / 2).toString('hex'));
      for (const content of ['words', random, Buffer.alloc(LIMIT, 'many words, ')]) {
        for (const [level, coding] of [
          [9, 'gzip'],
          [0, 'X-GZIP'],
          [0, 'identity'],
        ] as const) {
          const { body } = form(content);
          const { status, data, text } = await send(coding === 'identity' ? body : gzipSync(body, { level }), coding);
          assert.equal(status, 201, text);
          assert.equal(data.sha256, createHash('sha256').update(content).digest('hex'));
          assert.equal(data.description, 'packed');
          await alice.delete(`/files/${data.file_id}`, 204);
        }
      }
      assert.deepEqual(await stored(app), []);
    });

    it('are 413 as soon as what comes out is too much, and so is what never comes to an end', async () => {
      const tooLarge = [413, 'FILE_TOO_LARGE', { field: 'file', max_bytes: LIMIT }];
      const endless = [gzipSync('').subarray(0, 10), ...Array<Buffer>(60_000).fill(EMPTY_BLOCK)];
      await app.unchanged(async () => {
        for (const bomb of [
          gzipSync(form(Buffer.alloc(LIMIT + 1, 'x')).body),
          // Whoever reads on finds that its end is missing.
          gzipSync(form(Buffer.alloc(20_000_000, 'x')).body).subarray(0, -8),
          gzipSync(form(randomBytes(LIMIT).toString('hex')).body, { level: 0 }),
          gzipSync(Buffer.concat([form('words').body, Buffer.alloc(5_000_000)])),
          Buffer.concat(endless),
        ])
          assert.deepEqual(await refused(bomb), tooLarge);
      });
      assert.deepEqual(await stored(app), []);
    });

    it('are 400 when they are not gzip, or not all of it', async () => {
      const { body } = form(randomBytes(30_000).toString('hex'));
      const whole = gzipSync(body);
      const wrongSum = Buffer.from(whole);
      wrongSum.writeUInt32LE(0, whole.length - 8);
      await app.unchanged(async () => {
        for (const bad of [
          body,
          whole.subarray(0, 2),
          whole.subarray(0, 20_000),
          whole.subarray(0, -1),
          gzipSync(body, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -8),
          wrongSum,
          deflateSync(body),
        ]) {
          const [status, , details] = await refused(bad);
          assert.deepEqual([status, details.field, details.reason], [400, 'body', 'malformed_gzip']);
        }
        const [status, , details] = await refused(gzipSync(body.subarray(0, -20)));
        assert.deepEqual([status, details.field, details.reason], [400, 'body', 'malformed_multipart']);
      });
      assert.deepEqual(await stored(app), []);
    });

    it('are 415 when they come in anything else', async () => {
      const { body } = form('words');
      const unsupported = [415, 'UNSUPPORTED_MEDIA_TYPE', { allowed_encodings: ['gzip'] }];
      await app.unchanged(async () => {
        for (const coding of ['br', 'deflate', 'gzip, gzip', 'zstd', 'x'])
          assert.deepEqual(
            await refused(coding === 'br' ? brotliCompressSync(body) : gzipSync(body), coding),
            unsupported,
          );
      });
      assert.deepEqual(await stored(app), []);
    });
  });
}
