import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { after, describe, it } from 'node:test';
import { pino } from 'pino';
import { createTestApp } from '../harness/app.ts';
import { createBucket, requireStore } from '../s3/bucket.ts';
import { hostileNames } from './hostile_names.ts';
import { png } from './samples.ts';

const url = requireStore();

if (url !== undefined)
  describe('downloads that are sent on to the store', async () => {
    let logged = '';
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        logged += chunk;
        done();
      },
    });
    const bucket = await createBucket(url);
    const redirecting = { ...bucket.variables, S3_REDIRECT: 'true', S3_REDIRECT_SECONDS: '7' };
    const app = await createTestApp('sqlite', redirecting, { log: pino({ level: 'trace' }, stream) });
    after(app.close);
    const [alice, mallory] = [await app.register('alice'), await app.register('mallory')];
    const digits = '0123456789';
    const file = await alice.upload({ name: 'digits.txt', content: digits }, 201);
    const picture = await alice.upload({ name: 'a.png', content: png(40, 30) }, 201);
    const ask = (path: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
      alice.request(method, path, { headers });
    const linkOf = async (path: string, headers?: Record<string, string>) => {
      const { status, headers: told } = await ask(path, headers);
      assert.equal(status, 302);
      return String(told.location);
    };

    it('lead to the bytes, which are saved under their name and of their type', async () => {
      const reply = await ask(file.url);
      assert.deepEqual(
        [reply.status, reply.text, reply.headers['cache-control'], reply.headers['content-length']],
        [302, '', 'no-store', '0'],
      );
      const link = new URL(String(reply.headers.location));
      assert.equal(link.origin, bucket.endpoint);
      assert.equal(link.searchParams.get('X-Amz-Expires'), '7');
      const got = await fetch(link);
      assert.deepEqual([got.status, await got.text()], [200, digits]);
      assert.equal(got.headers.get('content-type'), 'text/plain; charset=utf-8');
      assert.equal(got.headers.get('content-disposition'), 'attachment; filename="digits.txt"');
      assert.equal(got.headers.get('cache-control'), 'private, no-cache');
    });

    it('are followed by those who ask as anybody does, with a token and over a real connection', async () => {
      await app.server.listen({ host: '127.0.0.1', port: 0 });
      const { port } = app.server.server.address() as { port: number };
      const headers = { authorization: `Bearer ${alice.token}` };
      const got = await fetch(`http://127.0.0.1:${port}${file.url}`, { headers });
      assert.deepEqual([got.status, got.redirected, await got.text()], [200, true, digits]);
      const part = await fetch(`http://127.0.0.1:${port}${file.url}`, { headers: { ...headers, range: 'bytes=3-5' } });
      assert.deepEqual([part.status, await part.text()], [206, '345']);
      const large = Buffer.alloc(9 * 1024 * 1024, 'large ');
      const { url } = await alice.upload({ name: 'large.txt', content: large }, 201);
      const whole = await fetch(`http://127.0.0.1:${port}${url}`, { headers });
      assert.ok(Buffer.from(await whole.arrayBuffer()).equals(large));
    });

    it('keep names in every script, and those with tricks', async () => {
      for (const name of hostileNames) {
        const { filename, url, file_id } = await alice.upload({ name, content: `named ${[...name].length}` }, 201);
        const disposition = (await fetch(await linkOf(url))).headers.get('content-disposition') ?? '';
        assert.match(
          disposition,
          /^attachment; filename="[\x20-\x7e]*"(; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]+)?$/,
        );
        const encoded = /filename\*=UTF-8''(.*)$/.exec(disposition)?.[1];
        if (encoded) assert.equal(decodeURIComponent(encoded), filename);
        else assert.equal(/filename="(.*)"$/.exec(disposition)?.[1], filename);
        await alice.delete(`/files/${file_id}`, 204);
      }
    });

    it('are of small pictures and of signed addresses too; what is drawn here is sent from here', async () => {
      const small = await fetch(await linkOf(await keptThumbnail()));
      assert.deepEqual([small.status, small.headers.get('content-type')], [200, 'image/webp']);
      assert.equal(Buffer.from(await small.arrayBuffer()).toString('latin1', 8, 12), 'WEBP');
      const icon = await ask(file.thumbnail_url);
      assert.deepEqual([icon.status, icon.headers['content-type']], [200, 'image/svg+xml']);
      const { url } = await alice.post(`/files/${file.file_id}/link`, {}, 200);
      const shared = await app.stranger.request('GET', url);
      assert.equal(shared.status, 302);
      assert.equal(await (await fetch(String(shared.headers.location))).text(), digits);
    });

    /** The first answer may be the very picture that was made for it. */
    async function keptThumbnail(): Promise<string> {
      assert.equal((await ask(picture.thumbnail_url)).status, 200);
      return picture.thumbnail_url;
    }

    it('are not for what a browser would show as a page: that stays in its sandbox', async () => {
      for (const dest of ['document', 'iframe', 'frame', 'embed', 'object']) {
        for (const path of [file.url, picture.url, picture.thumbnail_url]) {
          const { status, headers } = await ask(path, { 'sec-fetch-dest': dest });
          assert.equal(status, 200);
          assert.match(String(headers['content-disposition']), /^inline/);
          assert.match(String(headers['content-security-policy']), /sandbox/);
          assert.equal(headers['x-content-type-options'], 'nosniff');
        }
      }
      const svg = await alice.upload({ name: 'a.svg', content: '<svg xmlns="http://www.w3.org/2000/svg"/>' }, 201);
      for (const dest of ['document', 'image', 'video', 'empty', 'nonsense', '']) {
        const got = await fetch(await linkOf(svg.url, { 'sec-fetch-dest': dest }));
        assert.match(String(got.headers.get('content-disposition')), /^attachment/);
        await linkOf(`${file.url}?disposition=attachment`, { 'sec-fetch-dest': dest });
      }
    });

    it('heads, what one has already and parts are answered as ever', async () => {
      const head = await ask(file.url, {}, 'HEAD');
      assert.deepEqual([head.status, head.headers['content-length']], [200, '10']);
      const etag = String(head.headers.etag);
      assert.equal((await ask(file.url, { 'if-none-match': etag })).status, 304);
      assert.equal((await ask(file.url, { 'if-modified-since': new Date().toUTCString() })).status, 304);
      assert.equal((await ask(file.url, { range: 'bytes=10-' })).status, 416);
      const part = await fetch(await linkOf(file.url, { range: 'bytes=-2' }), { headers: { range: 'bytes=8-9' } });
      assert.deepEqual([part.status, await part.text()], [206, '89']);
      const ours = await ask(file.url, { range: 'bytes=2-3', 'if-range': etag });
      assert.deepEqual([ours.status, ours.text], [206, '23']);
      await linkOf(file.url, { range: 'bytes=2-3', 'if-range': '"another"' });
    });

    it('are for those alone who may read the file, and for nothing but it', async () => {
      for (const path of [file.url, picture.thumbnail_url]) {
        const hidden = await mallory.request('GET', path);
        assert.deepEqual([hidden.status, hidden.headers.location], [404, undefined]);
        assert.equal((await app.stranger.request('GET', path)).status, 401);
      }
      const link = new URL(await linkOf(file.url));
      const other = new URL(await linkOf(picture.url));
      const changed: ((wrong: URL) => void)[] = [
        (wrong) => {
          wrong.pathname = other.pathname;
        },
        (wrong) => wrong.searchParams.set('response-content-type', 'text/html'),
        (wrong) => wrong.searchParams.set('response-content-disposition', 'inline'),
        (wrong) => wrong.searchParams.set('X-Amz-Expires', '604800'),
        (wrong) => wrong.searchParams.set('X-Amz-Signature', '0'.repeat(64)),
      ];
      for (const change of changed) {
        const wrong = new URL(link);
        change(wrong);
        assert.equal((await fetch(wrong)).status, 403, wrong.href);
      }
      for (const method of ['DELETE', 'PUT']) assert.equal((await fetch(link, { method })).status, 403);
      assert.equal((await fetch(link)).status, 200);
      await alice.delete(`/files/${file.file_id}`, 204);
      assert.equal((await fetch(link)).status, 404);
      assert.equal((await ask(file.url)).status, 404);
    });

    it('are not in the log', () => {
      assert.ok(logged.includes('/download'));
      assert.ok(!/X-Amz|Signature|S3RVER/i.test(logged));
    });
  });
