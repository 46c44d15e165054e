import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import { echo, strict, tinyApp } from './tiny_app.ts';

const START = Date.UTC(2024, 0, 15, 12, 0, 0, 250);

function limitedApp(settings: Record<string, string> = {}) {
  const clock = { now: START };
  const body = strict({ content: Type.String() });
  const routes = [
    echo({
      path: '/rooms',
      handler: (ctx) => ({ status: 200, data: { user: ctx.actor.username, address: ctx.request.address } }),
    }),
    echo({ method: 'POST', path: '/messages', limit: 'send', body }),
    echo({ method: 'POST', path: '/api/v1/auth/login', scope: 'public', limit: 'login' }),
    echo({ method: 'POST', path: '/api/v1/auth/refresh', scope: 'public', limit: 'refresh' }),
    echo({ path: '/rooms/{room_id}', params: strict({ room_id: Type.Integer() }) }),
    echo({ path: '/public', scope: 'public' }),
    echo({ path: '/healthz', scope: 'public', limit: 'none' }),
  ];
  return tinyApp(routes, settings, () => clock.now).then((tiny) => ({ ...tiny, clock }));
}

test('one 401 for whatever is wrong with the token', async () => {
  const { call, app, seen } = await limitedApp();
  const answers = new Set<string>();
  for (const authorization of [
    '',
    'alice',
    'Bearer',
    'Bearer ',
    'Bearer nobody',
    'Basic alice',
    'Bearer\talice',
    'Beareralice',
    'bearer: alice',
    'Bearer alice, Bearer bob',
    `Bearer ${'x'.repeat(8_000)}`,
  ]) {
    const { status, headers, error } = await call('/rooms', { headers: { authorization } });
    assert.deepEqual([status, headers['www-authenticate']], [401, 'Bearer'], authorization);
    answers.add(JSON.stringify([error.code, error.message, error.details]));
  }
  assert.deepEqual([...answers], ['["INVALID_TOKEN","The token is missing, invalid or expired.",{}]']);
  assert.deepEqual(seen, []);
  await app.close();
});

test('a good token is known, at once or after a promise, and its user is seen', async () => {
  const { call, app, seen } = await limitedApp();
  for (const scheme of ['Bearer', 'bearer', 'BEARER'])
    assert.equal((await call('/rooms', { headers: { authorization: `${scheme} alice` } })).data.user, 'alice');
  assert.equal((await call('/rooms', { headers: { authorization: 'Bearer slow' } })).data.user, 'slow');
  assert.deepEqual(seen, [1, 1, 1, 3]);
  const failed = await call('/rooms', { headers: { authorization: 'Bearer broken' } });
  assert.deepEqual([failed.status, failed.code], [500, 'INTERNAL_ERROR']);
  assert.equal((await call('/public', { headers: { authorization: 'Bearer broken' } })).status, 200);
  await app.close();
});

test('every answer says what is left', async () => {
  const { call, app } = await limitedApp({ RATE_LIMIT_DEFAULT: '60/1m:10' });
  const { headers } = await call('/rooms');
  assert.deepEqual(Object.fromEntries(Object.entries(headers).filter(([name]) => name.includes('ratelimit'))), {
    'x-ratelimit-limit': '60',
    'x-ratelimit-remaining': '9',
    'x-ratelimit-reset': `${Math.ceil((START + 1_000) / 1_000)}`,
    'ratelimit-policy': '"default";q=60;w=60',
    ratelimit: '"default";r=9;t=1',
  });
  for (const [url, method] of [
    ['/rooms?limit=x', 'GET'],
    ['/messages', 'POST'],
    ['/x', 'GET'],
    ['/public', 'GET'],
  ] as const)
    assert.ok((await call(url, { method })).headers.ratelimit, url);
  assert.equal((await call('/healthz')).headers.ratelimit, undefined);
  await app.close();
});

test('at the limit 200, one beyond 429 with what to wait, and after it 200 again', async () => {
  const { call, app, clock } = await limitedApp({ RATE_LIMIT_DEFAULT: '60/1m:3' });
  for (let i = 0; i < 3; i++) assert.equal((await call('/rooms')).status, 200);
  const refused = await call('/rooms');
  assert.deepEqual([refused.status, refused.code, refused.headers['retry-after']], [429, 'RATE_LIMIT_EXCEEDED', '1']);
  assert.deepEqual(refused.details, { scope: 'default', limit: 60, window: 60, retry_after: 1 });
  assert.equal(refused.headers['x-ratelimit-remaining'], '0');
  assert.equal((await call('/rooms', { headers: { authorization: 'Bearer bob' } })).status, 200);
  clock.now += 1_000;
  assert.equal((await call('/rooms')).status, 200);
  for (let i = 0; i < 100; i++) assert.equal((await call('/rooms')).status, 429);
  await app.close();
});

test('waiting is told in whole seconds, rounded up', async () => {
  const { call, app, clock } = await limitedApp({ RATE_LIMIT_DEFAULT: '1/10s' });
  await call('/rooms');
  clock.now += 8_001;
  assert.equal((await call('/rooms')).headers['retry-after'], '2');
  clock.now += 1_000;
  assert.equal((await call('/rooms')).headers['retry-after'], '1');
  await app.close();
});

test('classes are counted apart', async () => {
  const { call, app } = await limitedApp({ RATE_LIMIT_SEND: '1/1m', RATE_LIMIT_DEFAULT: '1/1m' });
  const send = () => call('/messages', { method: 'POST', payload: { content: 'x' } });
  assert.equal((await send()).status, 200);
  assert.equal((await send()).details.scope, 'send');
  assert.equal((await call('/rooms')).status, 200);
  await app.close();
});

test('strangers are counted by address: 401 until their share is spent, then 429', async () => {
  const { call, app } = await limitedApp({ RATE_LIMIT_ANONYMOUS: '2/1m', TRUSTED_PROXIES: '127.0.0.1' });
  const from = (address: string, url = '/rooms', authorization = 'Bearer guess') =>
    call(url, { headers: { authorization, 'x-forwarded-for': address } }).then(({ status }) => status);
  assert.deepEqual([await from('192.0.2.1'), await from('192.0.2.1'), await from('192.0.2.1')], [401, 401, 429]);
  assert.equal(await from('192.0.2.1', '/public'), 429);
  assert.equal(await from('192.0.2.1', '/rooms', 'Bearer alice'), 200);
  assert.equal(await from('192.0.2.2'), 401);
  assert.deepEqual([await from('2001:db8::1'), await from('2001:db8::2'), await from('2001:db8::3')], [401, 401, 429]);
  assert.equal(await from('2001:db8:0:1::1'), 401);
  await app.close();
});

test('login and refresh have a share of their own, by address', async () => {
  const { call, app } = await limitedApp({ RATE_LIMIT_LOGIN: '1/5m', RATE_LIMIT_REFRESH: '1/1m' });
  const post = (name: string) => call(`/api/v1/auth/${name}`, { method: 'POST' });
  assert.deepEqual([(await post('login')).status, (await post('login')).details.scope], [200, 'login']);
  assert.deepEqual([(await post('refresh')).status, (await post('refresh')).details.window], [200, 60]);
  assert.equal((await call('/public')).status, 200);
  await app.close();
});

test('X-Forwarded-For of anybody but a trusted proxy is not believed', async () => {
  const { call, app } = await limitedApp();
  assert.equal((await call('/rooms', { headers: { 'x-forwarded-for': '192.0.2.1' } })).data.address, '127.0.0.1');
  await app.close();
});

test('the order of answers: 401, 429, 400', async () => {
  const { call, app } = await limitedApp({ RATE_LIMIT_SEND: '1/1m', RATE_LIMIT_ANONYMOUS: '1/1m' });
  const bad = { method: 'POST', payload: '{', headers: { 'content-type': 'application/json' } } as const;
  const stranger = { ...bad, headers: { ...bad.headers, authorization: '' } };
  assert.deepEqual(
    [(await call('/messages', stranger)).status, (await call('/messages', stranger)).status],
    [401, 429],
  );
  assert.deepEqual([(await call('/messages', bad)).status, (await call('/messages', bad)).status], [400, 429]);
  await app.close();
});

test('a path that cannot be decoded is answered in that order, as any other', async () => {
  const { call, app } = await limitedApp({ RATE_LIMIT_DEFAULT: '1/1m', RATE_LIMIT_ANONYMOUS: '2/1m' });
  const stranger = { headers: { authorization: '' } };
  assert.deepEqual([(await call('/rooms/%zz')).status, (await call('/rooms/%zz')).status], [400, 429]);
  assert.equal((await call('/rooms/%zz', stranger)).status, 401);
  assert.equal((await call('/%zz', stranger)).status, 404);
  const spent = await call('/rooms/%zz', stranger);
  assert.deepEqual([spent.status, spent.details.scope], [429, 'anonymous']);
  await app.close();
});

test('what no route could take counts too', async () => {
  const { call, app } = await limitedApp({ RATE_LIMIT_DEFAULT: '2/1m', RATE_LIMIT_ANONYMOUS: '1/1m' });
  const long = `/rooms/${'x'.repeat(9_000)}`;
  const stranger = { headers: { authorization: '' } };
  assert.deepEqual([(await call(long, stranger)).status, (await call(long, stranger)).status], [414, 429]);
  const known = await call(long);
  assert.deepEqual([known.status, known.headers['x-ratelimit-remaining']], [414, '1']);
  const expecting = await call('/rooms', { headers: { expect: 'a miracle' } });
  assert.deepEqual([expecting.status, expecting.code], [417, 'EXPECTATION_FAILED']);
  assert.equal((await call(long)).status, 429);
  await app.close();
});

test('switched off, nothing is counted and no header sent', async () => {
  const { call, app } = await limitedApp({
    RATE_LIMITS: 'off',
    RATE_LIMIT_DEFAULT: '1/1m',
    RATE_LIMIT_ANONYMOUS: '1/1m',
  });
  for (let i = 0; i < 3; i++) {
    const { status, headers } = await call('/rooms');
    assert.deepEqual([status, Object.keys(headers).filter((name) => name.includes('ratelimit'))], [200, []]);
  }
  for (let i = 0; i < 3; i++) assert.equal((await call('/rooms', { headers: { authorization: '' } })).status, 401);
  await app.close();
});
