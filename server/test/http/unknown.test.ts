import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { InjectOptions } from 'fastify';
import { Type } from 'typebox';
import { echo, strict, tinyApp } from './tiny_app.ts';

const params = strict({ room_id: Type.Integer() });
const { app, call } = await tinyApp([
  echo({ path: '/api/v1/rooms/{room_id}', params }),
  echo({ method: 'PUT', path: '/api/v1/rooms/{room_id}', params }),
  echo({ method: 'POST', path: '/api/v1/rooms' }),
]);
after(() => app.close());

test('a path nobody serves is 404, signed in or not', async () => {
  for (const url of [
    '/',
    '/nowhere',
    '/api/v1',
    '/api/v1/rooms/1/',
    '/api/v1/Rooms/1',
    '//api/v1/rooms/1',
    '/api/v1/rooms/1/more',
    '/api/v1/rooms;x=1',
    '/__proto__',
    '/constructor',
    '/%',
    '/api/v1/r%zzms',
    '/nowhere/%ff',
  ])
    for (const authorization of ['Bearer alice', 'Bearer nobody', '']) {
      const { status, code } = await call(url, { headers: { authorization } });
      assert.deepEqual([status, code], [404, 'NOT_FOUND'], url);
    }
});

test('a method nobody serves there is 405 and names those that are', async () => {
  for (const [method, url, allow] of [
    ['DELETE', '/api/v1/rooms/1', 'GET, HEAD, PUT'],
    ['POST', '/api/v1/rooms/1', 'GET, HEAD, PUT'],
    ['OPTIONS', '/api/v1/rooms/1', 'GET, HEAD, PUT'],
    ['GET', '/api/v1/rooms?x=1', 'POST'],
    ['HEAD', '/api/v1/rooms', 'POST'],
    ['DELETE', '/api/v1/rooms/%zz', 'GET, HEAD, PUT'],
  ] as const) {
    const { status, headers } = await call(url, { method });
    assert.deepEqual([status, headers.allow], [405, allow], `${method} ${url}`);
  }
  assert.equal((await call('/api/v1/rooms/1', { method: 'DELETE' })).code, 'METHOD_NOT_ALLOWED');
});

test('methods that are not of HTTP, or of no use, are refused alike', async () => {
  for (const method of ['TRACE', 'PROPFIND', 'PURGE', 'LINK', 'QUERY'] as InjectOptions['method'][] as 'GET'[]) {
    const { status, code, headers } = await call('/api/v1/rooms/1', { method });
    assert.deepEqual([status, code, headers.allow], [405, 'METHOD_NOT_ALLOWED', 'GET, HEAD, PUT'], method);
    assert.equal((await call('/nowhere', { method })).status, 404, method);
  }
});

test('a body sent to nowhere is not read', async () => {
  const { status } = await call('/nowhere', {
    method: 'POST',
    payload: 'x'.repeat(1_000_000),
    headers: { 'content-type': 'text/plain' },
  });
  assert.equal(status, 404);
  assert.equal(
    (await call('/nowhere', { method: 'POST', payload: '{', headers: { 'content-type': ';' } })).status,
    404,
  );
});

test('unknown paths count, so that they cannot be tried without end', async () => {
  const limited = await tinyApp([], { RATE_LIMIT_ANONYMOUS: '2/1m', RATE_LIMIT_DEFAULT: '3/1m' });
  const statuses = async (authorization: string, times: number) => {
    const found: number[] = [];
    for (let i = 0; i < times; i++) found.push((await limited.call('/x', { headers: { authorization } })).status);
    return found;
  };
  assert.deepEqual(await statuses('', 3), [404, 404, 429]);
  assert.deepEqual(await statuses('Bearer nobody', 1), [429]);
  assert.deepEqual(await statuses('Bearer alice', 4), [404, 404, 404, 429]);
  await limited.app.close();
});
