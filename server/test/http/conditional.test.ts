import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Type } from 'typebox';
import { AppError } from '../../src/errors.ts';
import { echo, tinyApp } from './tiny_app.ts';

let text = 'first';
const answers = { 200: Type.Unknown() };
const { app, call } = await tinyApp(
  [
    echo({ path: '/page', etag: true, answers, handler: () => ({ status: 200, data: text }) }),
    echo({ path: '/other', answers, handler: () => ({ status: 200, data: text }) }),
    echo({
      path: '/refused',
      etag: true,
      answers,
      handler: () => {
        throw new AppError('ROOM_NOT_FOUND');
      },
    }),
    echo({ method: 'POST', path: '/page', answers, handler: async () => ({ status: 200, data: text }) }),
  ],
  { RATE_LIMITS: 'off' },
);
after(() => app.close());

const page = (headers: Record<string, string> = {}) => call('/page', { headers });

test('who has the answer already gets 304, and no body', async () => {
  text = 'first';
  const first = await page();
  const etag = `${first.headers.etag}`;
  assert.match(etag, /^W\/"[\w-]{27}"$/);
  assert.equal(first.headers['cache-control'], 'private, no-cache');
  for (const tag of [etag, etag.slice(2), `"x", ${etag}`, `"x",${etag},"y"`, '*', ` ${etag} `]) {
    const again = await page({ 'if-none-match': tag });
    assert.deepEqual([again.status, again.text, again.headers.etag], [304, '', etag], tag);
    assert.equal(again.headers['cache-control'], 'private, no-cache');
    assert.equal(again.headers['content-length'], undefined);
    assert.match(`${again.headers['x-request-id']}`, /^req_/);
  }
  for (const tag of ['', '"x"', etag.slice(3), `x${etag}`, 'W/*', '"*"', ','.repeat(5_000)])
    assert.equal((await page({ 'if-none-match': tag })).status, 200, tag);
});

test('a changed answer has another tag', async () => {
  text = 'first';
  const before = `${(await page()).headers.etag}`;
  text = 'second';
  const changed = await page({ 'if-none-match': before });
  assert.equal(changed.status, 200);
  assert.notEqual(changed.headers.etag, before);
});

test('refusals and routes without it have no tag', async () => {
  const refused = await call('/refused', { headers: { 'if-none-match': '*' } });
  assert.deepEqual(
    [refused.status, refused.headers.etag, refused.headers['cache-control']],
    [404, undefined, 'no-store'],
  );
  assert.equal((await call('/other', { headers: { 'if-none-match': '*' } })).status, 200);
});

test('large answers are compressed for those who ask, and are the same', async () => {
  text = 'é👍'.repeat(5_000);
  const whole = (await page()).text;
  const br = await page({ 'accept-encoding': 'gzip, deflate, br' });
  assert.equal(br.headers['content-encoding'], 'br');
  assert.equal(br.headers['content-length'], `${br.bytes.length}`);
  assert.equal(brotliDecompressSync(br.bytes).toString(), whole);
  const gzip = await page({ 'accept-encoding': 'gzip' });
  assert.equal(gzip.headers['content-encoding'], 'gzip');
  assert.equal(gunzipSync(gzip.bytes).toString(), whole);
  const post = await call('/page', { method: 'POST', headers: { 'accept-encoding': 'gzip' } });
  assert.equal(gunzipSync(post.bytes).toString(), whole);
  for (const { headers } of [br, gzip, await page()]) assert.equal(headers.vary, 'accept-encoding');
  assert.equal(br.headers.etag, gzip.headers.etag);
});

test('nobody else waits for it: small answers, those who do not ask, refusals', async () => {
  text = 'x'.repeat(5_000);
  for (const encoding of ['', 'identity', 'deflate', 'gzip;q=0', 'zstd'])
    assert.equal((await page({ 'accept-encoding': encoding })).headers['content-encoding'], undefined, encoding);
  const size = (length: number) => {
    text = 'x'.repeat(length - '{"success":true,"data":""}'.length);
    return page({ 'accept-encoding': 'br' });
  };
  assert.equal((await size(1_023)).headers['content-encoding'], undefined);
  assert.equal((await size(1_024)).headers['content-encoding'], 'br');
  assert.equal(
    (await call('/refused', { headers: { 'accept-encoding': 'br' } })).headers['content-encoding'],
    undefined,
  );
});

test('HEAD has the headers of GET, whatever was asked for', async () => {
  text = 'x'.repeat(5_000);
  const head = await call('/page', { method: 'HEAD', headers: { 'accept-encoding': 'br' } });
  assert.deepEqual([head.status, head.bytes.length], [200, 0]);
  assert.equal(head.headers.etag, (await page()).headers.etag);
});
