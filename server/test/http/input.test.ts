import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Type } from 'typebox';
import { echo, strict, tinyApp } from './tiny_app.ts';

const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const { app, call } = await tinyApp([
  echo({
    path: '/api/v1/rooms/{room_id}/messages',
    params: strict({ room_id: Id }),
    query: strict({
      limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
      order: Type.Optional(Type.Enum(['asc', 'desc'])),
    }),
  }),
  echo({
    method: 'POST',
    path: '/api/v1/rooms/{room_id}/messages',
    params: strict({ room_id: Id }),
    body: strict({ content: Type.String() }),
    handler: (ctx) => ({ status: 200, data: ctx.request.idempotency ?? null }),
  }),
  echo({
    method: 'POST',
    path: '/api/v1/auth/login',
    scope: 'public',
    limit: 'login',
    handler: (ctx) => ({ status: 200, data: ctx.request.idempotency ?? null }),
  }),
  echo({
    method: 'DELETE',
    path: '/api/v1/messages/{message_id}/reactions/{emoji}',
    answers: { 200: Type.Unknown(), 204: null },
    params: strict({ message_id: Id, emoji: Type.String({ minLength: 1, maxLength: 64 }) }),
    handler: ({ request: { representation, auditReason, userAgent } }, { params }) =>
      representation ? { status: 200, data: { ...(params as object), auditReason, userAgent } } : { status: 204 },
  }),
]);
after(() => app.close());

const fields = (details: { errors: { field: string; reason: string }[] }) =>
  details.errors.map(({ field, reason }) => `${field} ${reason}`);

test('path and query arrive converted, with their defaults', async () => {
  const { status, data } = await call('/api/v1/rooms/7/messages?order=asc');
  assert.equal(status, 200);
  assert.deepEqual(data, { params: { room_id: 7 }, query: { order: 'asc', limit: 50 } });
});

test('limits hold: at them 200, one beyond and far beyond 400, naming the field', async () => {
  for (const limit of ['1', '100']) assert.equal((await call(`/api/v1/rooms/1/messages?limit=${limit}`)).status, 200);
  for (const [limit, reason] of [
    ['0', 'too_small'],
    ['-1', 'too_small'],
    ['101', 'too_large'],
    ['9999999999999999', 'too_large'],
    ['99999999999999999999', 'wrong_type'],
    ['1.5', 'wrong_type'],
    ['', 'wrong_type'],
    ['x', 'wrong_type'],
  ]) {
    const { status, code, details } = await call(`/api/v1/rooms/1/messages?limit=${limit}`);
    assert.deepEqual([status, code, details.field, details.reason], [400, 'VALIDATION_FAILED', 'limit', reason]);
  }
});

test('malformed ids in a path are 400 and named', async () => {
  for (const id of ['0', '-1', 'abc', '1.5', '01', '%20', '9007199254740992', '1%00', '1e3', '%F0%9F%91%8D']) {
    const { status, details } = await call(`/api/v1/rooms/${id}/messages`);
    assert.deepEqual([status, details.field], [400, 'room_id'], id);
  }
  assert.equal((await call('/api/v1/rooms/9007199254740991/messages')).status, 200);
});

test('all that is wrong is named, the path first', async () => {
  const { details } = await call('/api/v1/rooms/x/messages?limit=101&order=up&limit=3');
  assert.deepEqual(fields(details), ['room_id wrong_type', 'limit repeated', 'order not_one_of']);
  assert.deepEqual([details.field, details.reason, details.expected], ['room_id', 'wrong_type', 'integer']);
});

test('unknown parameters are ignored and named, also where the request fails', async () => {
  const fine = await call('/api/v1/rooms/1/messages?limt=3&x%20y=1');
  assert.deepEqual([fine.status, fine.headers['x-ignored-parameters']], [200, 'limt, x%20y']);
  const bad = await call('/api/v1/rooms/1/messages?limit=0&z');
  assert.deepEqual([bad.status, bad.headers['x-ignored-parameters']], [400, 'z']);
  assert.equal((await call('/api/v1/rooms/1/messages')).headers['x-ignored-parameters'], undefined);
});

test('encoding that cannot be read is 400, wherever it stands', async () => {
  for (const [url, field] of [
    ['/api/v1/rooms/%ff/messages', 'room_id'],
    ['/api/v1/rooms/1%zz/messages', 'room_id'],
    ['/api/v1/rooms/%/messages', 'room_id'],
    ['/api/v1/rooms/%41%ED%A0%80/messages?limit=%C3%A9', 'room_id'],
    ['/api/v1/rooms/1/messages?order=%ff', 'order'],
  ] as const) {
    const { status, code, details } = await call(url);
    assert.deepEqual(
      [status, code, fields(details)[0]],
      [400, 'VALIDATION_FAILED', `${field} malformed_encoding`],
      url,
    );
  }
});

test('an emoji in a path arrives as itself', async () => {
  const prefer = { prefer: 'return=representation' };
  const path = '/api/v1/messages/1/reactions/%F0%9F%91%8D%EF%B8%8F';
  const { data, headers } = await call(path, { method: 'DELETE', headers: prefer });
  assert.equal(data.emoji, '👍️');
  assert.equal(headers['preference-applied'], 'return=representation');
});

test('a deletion answers 204, and the thing as it was to those who prefer it', async () => {
  const remove = async (prefer?: string) =>
    (
      await call('/api/v1/messages/1/reactions/x', {
        method: 'DELETE',
        headers: prefer === undefined ? {} : { prefer },
      })
    ).status;
  for (const yes of [
    'return=representation',
    'Return=Representation',
    'wait=1, return=representation',
    'return="representation"',
    'respond-async; return = representation',
  ])
    assert.equal(await remove(yes), 200, yes);
  for (const no of [undefined, '', 'return=minimal', 'returns=representation', 'x-return=representation'])
    assert.equal(await remove(no), 204, `${no}`);
});

test('the reason for the audit log may be UTF-8 or percent-encoded, and has an end', async () => {
  const remove = (reason: string) =>
    call('/api/v1/messages/1/reactions/x', {
      method: 'DELETE',
      headers: { prefer: 'return=representation', 'x-audit-log-reason': reason, 'user-agent': 'u'.repeat(9_000) },
    });
  assert.equal((await remove(' spam ')).data.auditReason, 'spam');
  assert.equal((await remove('d%C3%A9j%C3%A0')).data.auditReason, 'déjà');
  assert.equal((await remove(Buffer.from('déjà').toString('latin1'))).data.auditReason, 'déjà');
  assert.equal((await remove('100 % sure')).data.auditReason, '100 % sure');
  assert.equal((await remove('x'.repeat(512))).data.userAgent.length, 512);
  for (const bad of ['x'.repeat(513), '%00'])
    assert.deepEqual([(await remove(bad)).status, (await remove(bad)).details.field], [400, 'X-Audit-Log-Reason']);
});

test('an idempotency key is 1 to 255 printable characters, on every POST outside /auth/', async () => {
  const send = (key: string, content = 'hi') =>
    call('/api/v1/rooms/1/messages?x=1', { method: 'POST', payload: { content }, headers: { 'idempotency-key': key } });
  const { data } = await send('k1');
  assert.equal(data.key, 'k1');
  assert.equal(data.scope, 'POST /api/v1/rooms/1/messages');
  assert.match(data.payloadHash, /^[0-9a-f]{64}$/);
  assert.equal((await send('k2')).data.payloadHash, data.payloadHash);
  assert.notEqual((await send('k1', 'ho')).data.payloadHash, data.payloadHash);
  assert.equal((await send('~ !"'.repeat(63))).status, 200);
  for (const bad of ['', 'x'.repeat(256), 'x'.repeat(8_000), 'é', 'a\tb', 'a\u007f'])
    assert.deepEqual([(await send(bad)).status, (await send(bad)).details?.field], [400, 'Idempotency-Key'], bad);
  const login = await call('/api/v1/auth/login', { method: 'POST', headers: { 'idempotency-key': 'é' } });
  assert.deepEqual([login.status, login.data], [200, null]);
  assert.equal((await call('/api/v1/rooms/1/messages', { headers: { 'idempotency-key': 'é' } })).status, 200);
});

test('white space in JSON does not make another payload', async () => {
  const hashOf = async (payload: string) =>
    (
      await call('/api/v1/rooms/1/messages', {
        method: 'POST',
        payload,
        headers: { 'idempotency-key': 'k', 'content-type': 'application/json' },
      })
    ).data.payloadHash;
  assert.equal(await hashOf('{"content":"a"}'), await hashOf(' { "content" : "\\u0061" } '));
});
