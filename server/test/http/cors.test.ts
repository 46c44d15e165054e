import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { echo, tinyApp } from './tiny_app.ts';

const routes = [echo({ path: '/x' }), echo({ method: 'POST', path: '/x' })];
const page = 'https://app.example.org';

const preflight = (
  origin: string,
  method = 'POST',
  headers = 'authorization,content-type,idempotency-key,traceparent',
) => ({
  method: 'OPTIONS' as const,
  headers: {
    authorization: '',
    origin,
    'access-control-request-method': method,
    'access-control-request-headers': headers,
  },
});

test('nothing is allowed unless configured', async () => {
  const { app, call } = await tinyApp(routes);
  const { status, headers } = await call('/x', { headers: { origin: page } });
  assert.deepEqual([status, headers['access-control-allow-origin']], [200, undefined]);
  assert.equal((await call('/x', preflight(page))).status, 405);
  await app.close();
});

test('pages of the origins named may call, and read what they need', async () => {
  const { app, call } = await tinyApp(routes, { CORS_ORIGINS: `${page},https://other.example.org` });
  const asked = await call('/x', preflight(page));
  assert.equal(asked.status, 204);
  assert.equal(asked.headers['access-control-allow-origin'], page);
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
    assert.match(`${asked.headers['access-control-allow-methods']}`, new RegExp(method));
  for (const name of ['authorization', 'idempotency-key', 'traceparent', 'if-none-match', 'prefer'])
    assert.match(`${asked.headers['access-control-allow-headers']}`.toLowerCase(), new RegExp(name));
  assert.match(`${asked.headers['x-request-id']}`, /^req_/);
  assert.equal(asked.headers['x-content-type-options'], 'nosniff');
  assert.equal(asked.headers['access-control-allow-credentials'], undefined);

  for (const token of ['Bearer alice', '']) {
    const { headers } = await call('/x', { headers: { origin: page, authorization: token } });
    assert.equal(headers['access-control-allow-origin'], page);
    assert.match(`${headers.vary}`.toLowerCase(), /origin/);
    for (const name of [
      'X-Request-Id',
      'X-RateLimit-Remaining',
      'RateLimit',
      'Retry-After',
      'ETag',
      'X-Ignored-Parameters',
    ])
      assert.ok(`${headers['access-control-expose-headers']}`.split(', ').includes(name), name);
  }
  await app.close();
});

test('no header is named that nothing here reads or sends', async () => {
  const { app, call } = await tinyApp(routes, { CORS_ORIGINS: page });
  const { headers } = await call('/x', preflight(page));
  const exposed = (await call('/x', { headers: { origin: page } })).headers['access-control-expose-headers'];
  await app.close();
  const folder = join(import.meta.dirname, '../../src/http');
  const sources = globSync('*.ts', { cwd: folder, exclude: ['cors.ts', '*.test.ts'] });
  const code = sources.map((path) => readFileSync(join(folder, path), 'utf8')).join('\n');
  const named = `${headers['access-control-allow-headers']}, ${exposed}`.toLowerCase().split(/, ?/);
  const unknown = named.filter((name) => !new RegExp(`['.]${name}\\b`).test(code));
  // It comes with traceparent, from whoever sends that.
  assert.deepEqual(unknown, ['tracestate']);
});

test('other origins are told nothing', async () => {
  const { app, call } = await tinyApp(routes, { CORS_ORIGINS: page });
  for (const origin of [
    'https://evil.example.org',
    'https://app.example.org.evil.org',
    'http://app.example.org',
    'null',
    `${page}:8443`,
  ]) {
    assert.equal((await call('/x', preflight(origin))).headers['access-control-allow-origin'], undefined, origin);
    assert.equal((await call('/x', { headers: { origin } })).headers['access-control-allow-origin'], undefined, origin);
  }
  await app.close();
});

test('with * any page may call', async () => {
  const { app, call } = await tinyApp(routes, { CORS_ORIGINS: '*' });
  assert.equal((await call('/x', preflight('https://anybody.example'))).headers['access-control-allow-origin'], '*');
  assert.equal((await call('/nowhere', { headers: { origin: page } })).headers['access-control-allow-origin'], '*');
  await app.close();
});
