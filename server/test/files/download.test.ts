import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createTestApp } from '../harness/app.ts';
import { hostileNames } from './hostile_names.ts';
import { places } from './places.ts';
import { png } from './samples.ts';

for (const { name, engine, variables } of places) {
  describe(`downloads (${name})`, async () => {
    const app = await createTestApp(engine, await variables());
    after(app.close);
    const alice = await app.register('alice');
    const digits = '0123456789';
    const file = await alice.upload({ name: 'digits.txt', content: digits }, 201);
    const ask = (headers: Record<string, string>, method: 'GET' | 'HEAD' = 'GET', path = file.url) =>
      alice.request(method, path, { headers });

    it('names in every script come back as they went, and tricks with paths and lines lead nowhere', async () => {
      for (const name of hostileNames) {
        const { filename, original_filename, url, file_id } = await alice.upload(
          { name, content: `named ${[...name].length}` },
          201,
        );
        assert.match(filename, /^[^/\\\p{Cc}\u202e:*?"<>|]+$/u, name);
        assert.ok(Buffer.byteLength(filename) <= 255 && filename.endsWith('.txt'), filename);
        assert.ok(!/^\.|^(con|nul)\./i.test(filename), filename);
        assert.ok(!/[/\\\0]/.test(original_filename));
        const { status, headers } = await alice.request('GET', url);
        assert.equal(status, 200);
        const disposition = String(headers['content-disposition']);
        assert.match(disposition, /^inline; filename="[\x20-\x7e]*"(; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]+)?$/);
        const encoded = /filename\*=UTF-8''(.*)$/.exec(disposition)?.[1];
        if (encoded) assert.equal(decodeURIComponent(encoded), filename);
        else assert.equal(/filename="(.*)"$/.exec(disposition)?.[1], filename);
        await alice.delete(`/files/${file_id}`, 204);
      }
    });

    it('quotes and line ends, which forms have to write in another way, are read as they were', async () => {
      const { filename, original_filename } = await alice.upload(
        { name: 'a %22quoted%22%0D%0A 100%25 name.txt', content: 'quoted' },
        201,
      );
      assert.deepEqual(
        [filename, original_filename],
        ['a _quoted___ 100%25 name.txt', 'a "quoted"\r\n 100%25 name.txt'],
      );
    });

    it('one range is sent, and every odd one is answered as HTTP has it', async () => {
      const cases: [Record<string, string>, number, string, string?][] = [
        [{ range: 'bytes=2-4' }, 206, '234', 'bytes 2-4/10'],
        [{ range: 'bytes=7-' }, 206, '789', 'bytes 7-9/10'],
        [{ range: 'bytes=-3' }, 206, '789', 'bytes 7-9/10'],
        [{ range: 'bytes=0-0' }, 206, '0', 'bytes 0-0/10'],
        [{ range: 'bytes=5-500' }, 206, '56789', 'bytes 5-9/10'],
        [{ range: 'bytes=0-1,4-5' }, 200, digits],
        [{ range: 'bytes=4-2' }, 200, digits],
        [{ range: 'apples=1-2' }, 200, digits],
        [{ range: 'bytes=1-2', 'if-range': `"${file.sha256}"` }, 206, '12', 'bytes 1-2/10'],
        [{ range: 'bytes=1-2', 'if-range': '"another"' }, 200, digits],
        [{ range: 'bytes=1-2', 'if-range': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 200, digits],
      ];
      for (const [headers, status, text, range] of cases) {
        const reply = await ask(headers);
        assert.deepEqual([reply.status, reply.text, reply.headers['content-range']], [status, text, range]);
        assert.equal(reply.headers['accept-ranges'], 'bytes');
      }
      for (const range of ['bytes=10-', 'bytes=99-100', 'bytes=-0']) {
        const reply = await ask({ range });
        assert.deepEqual([reply.status, reply.error.code], [416, 'RANGE_NOT_SATISFIABLE']);
        assert.equal(reply.headers['content-range'], 'bytes */10');
      }
    });

    it('HEAD says what GET would, and sends nothing', async () => {
      const [get, head] = [await ask({}), await ask({ range: 'bytes=1-2' }, 'HEAD')];
      assert.deepEqual([head.status, head.text], [200, '']);
      for (const name of [
        'content-length',
        'content-type',
        'etag',
        'last-modified',
        'content-disposition',
        'accept-ranges',
      ])
        assert.equal(head.headers[name], get.headers[name], name);
    });

    it('what the caller has is not sent again, after asking whether he still may', async () => {
      const { etag, 'last-modified': modified } = (await ask({})).headers as Record<string, string>;
      assert.ok(etag && modified);
      for (const headers of [
        { 'if-none-match': etag },
        { 'if-none-match': `"x", W/${etag}` },
        { 'if-none-match': '*' },
        { 'if-modified-since': modified },
      ] as Record<string, string>[]) {
        const reply = await ask(headers);
        assert.deepEqual([reply.status, reply.headers.etag], [304, etag]);
      }
      const old = 'Thu, 01 Jan 1970 00:00:00 GMT';
      assert.equal((await ask({ 'if-modified-since': old })).status, 200);
      assert.equal((await ask({ 'if-none-match': '"x"', 'if-modified-since': modified })).status, 200);
      const mallory = await app.register('mallory');
      assert.equal((await mallory.request('GET', file.url, { headers: { 'if-none-match': etag } })).status, 404);
    });

    it('a browser shows pictures, sound, film and plain text; all else it saves', async () => {
      const shown: [string, Buffer | string, boolean][] = [
        ['a.png', png(1, 1), true],
        ['a.txt', 'words', true],
        ['a.md', '<b>words</b>', false],
        ['a.svg', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', false],
        ['a.pdf', '%PDF-1.4\n', false],
        ['a.mp3', Buffer.from('ID3\x04\0\0\0\0\x7f\x7f', 'latin1'), true],
      ];
      for (const [name, content, isInline] of shown) {
        const { url } = await alice.upload({ name, content }, 201);
        const kind = async (path: string) =>
          String((await ask({}, 'GET', path)).headers['content-disposition']).split(';')[0];
        assert.equal(await kind(url), isInline ? 'inline' : 'attachment', name);
        assert.equal(await kind(`${url}?disposition=attachment`), 'attachment');
        const { headers } = await ask({}, 'GET', url);
        assert.match(String(headers['content-security-policy']), /^default-src 'none';.*sandbox$/);
        assert.equal(headers['x-content-type-options'], 'nosniff');
      }
      await alice.get(`${file.url}?disposition=inline`, 400);
    });

    it('polyglots are what their first bytes say, and never a page', async () => {
      const page = '<html><script>alert(document.domain)</script></html>';
      for (const [name, content, type] of [
        [
          'gif.html',
          Buffer.concat([Buffer.from('GIF89a\x01\0\x01\0\0\0\0', 'latin1'), Buffer.from(page)]),
          'image/gif',
        ],
        ['png.html', Buffer.concat([png(1, 1), Buffer.from(page)]), 'image/png'],
        ['pdf.html', `%PDF-1.4\n${page}`, 'application/pdf'],
        ['text.html', `just words, then ${page}`, 'text/plain; charset=utf-8'],
      ] as const) {
        const made = await alice.upload({ name, content }, 201);
        assert.ok(!made.filename.endsWith('.html'), made.filename);
        assert.equal((await ask({}, 'GET', made.url)).headers['content-type'], type);
      }
    });
  });
}
