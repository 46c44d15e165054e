import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Type } from 'typebox';
import { AppError, conflict } from '../../src/errors.ts';
import { echo, strict, tinyApp } from './tiny_app.ts';

const Person = strict({ id: Type.Integer(), email: Type.Union([Type.String(), Type.Null()]) });
const Named = Type.Object({ owner: Person, all: Type.Array(Person) }, { $id: 'Named', additionalProperties: false });
const alice = { id: 1, email: 'a@example.org', password_hash: 'secret' };
const broken: Record<string, unknown> = {
  app: conflict('name_taken', { name: 'x' }),
  storage: Object.assign(new Error('disk of /var/lib'), { name: 'StorageFull' }),
  database: Object.assign(new Error('10.0.0.3:5432'), { name: 'DatabaseUnavailable' }),
  stuck: Object.assign(new Error('select secret'), { name: 'StuckWrite' }),
  text: 'a mere text',
  nothing: undefined,
  status: Object.assign(new Error('teapot'), { statusCode: 418, code: 'FST_NO' }),
  retry: new AppError('SERVICE_UNAVAILABLE', {}, 2.2),
};

const { app, call, lines } = await tinyApp([
  echo({
    path: '/data',
    answers: { 200: Named },
    handler: () => ({ status: 200, data: { owner: alice, all: [alice, { ...alice, email: null }], more: 1 } }),
  }),
  echo({ path: '/json', answers: { 200: Named }, handler: () => ({ status: 200, json: '{"as":"it is"}' }) }),
  echo({
    path: '/plain',
    plain: true,
    scope: 'public',
    limit: 'none',
    answers: { 200: strict({ status: Type.String() }) },
    handler: () => ({ status: 200, data: { status: 'ok', more: 1 } }),
  }),
  echo({ path: '/unlisted', answers: { 200: Type.Unknown() }, handler: () => ({ status: 201, data: alice }) }),
  echo({
    method: 'POST',
    path: '/new',
    answers: { 201: Person },
    handler: async () => ({ status: 201, data: alice, replayed: true }),
  }),
  echo({ method: 'DELETE', path: '/gone', answers: { 204: null }, handler: () => ({ status: 204 }) }),
  echo({ path: '/wrong', answers: { 200: Named }, handler: () => ({ status: 200, data: { owner: 1n } }) }),
  echo({
    path: '/sync/{kind}',
    params: strict({ kind: Type.String() }),
    handler: (_ctx, { params }) => {
      throw broken[(params as { kind: string }).kind];
    },
  }),
  echo({
    path: '/async/{kind}',
    params: strict({ kind: Type.String() }),
    handler: async (_ctx, { params }) => {
      throw broken[(params as { kind: string }).kind];
    },
  }),
]);
after(() => app.close());

test('success is enveloped, and what its schema does not list never leaves', async () => {
  const { status, text, headers } = await call('/data');
  assert.equal(status, 200);
  const owner = { id: 1, email: 'a@example.org' };
  assert.deepEqual(JSON.parse(text), { success: true, data: { owner, all: [owner, { id: 1, email: null }] } });
  assert.equal(headers['content-type'], 'application/json; charset=utf-8');
  assert.equal(headers['content-length'], `${Buffer.byteLength(text)}`);
});

test('what is serialised already is spliced as it is', async () => {
  assert.equal((await call('/json')).text, '{"success":true,"data":{"as":"it is"}}');
});

test('probes answer without the envelope and without rate headers', async () => {
  const { text, headers } = await call('/plain', { headers: { authorization: '' } });
  assert.equal(text, '{"status":"ok"}');
  assert.equal(headers['x-ratelimit-limit'], undefined);
  assert.match(`${headers['x-request-id']}`, /^req_[0-9a-z]{12}$/);
});

test('creations, replays and deletions', async () => {
  const made = await call('/new', { method: 'POST' });
  assert.deepEqual([made.status, made.data.id, made.headers['idempotent-replayed']], [201, 1, 'true']);
  const gone = await call('/gone', { method: 'DELETE' });
  assert.deepEqual([gone.status, gone.text, gone.headers['content-type']], [204, '', undefined]);
  assert.equal(gone.headers['idempotent-replayed'], undefined);
});

test('an answer with a status of which nothing is known does not leak: it is an error of ours', async () => {
  for (const path of ['/unlisted', '/wrong']) {
    const { status, code, text } = await call(path);
    assert.deepEqual([status, code], [500, 'INTERNAL_ERROR'], path);
    assert.doesNotMatch(text, /secret|example/);
  }
});

test('failures have the envelope, with the id that is in the header', async () => {
  const { status, error, headers } = await call('/sync/app');
  assert.equal(status, 409);
  const { timestamp, request_id, ...rest } = error;
  assert.deepEqual(rest, {
    code: 'RESOURCE_CONFLICT',
    message: 'This collides with the present state.',
    details: { reason: 'name_taken', name: 'x' },
  });
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(request_id, headers['x-request-id']);
});

test('whatever is thrown, and however, has its answer; nothing internal leaks, and the log has it', async () => {
  for (const how of ['sync', 'async'])
    for (const [kind, status, code, retryAfter] of [
      ['app', 409, 'RESOURCE_CONFLICT', undefined],
      ['storage', 507, 'STORAGE_FULL', undefined],
      ['database', 503, 'SERVICE_UNAVAILABLE', '1'],
      ['stuck', 500, 'INTERNAL_ERROR', undefined],
      ['text', 500, 'INTERNAL_ERROR', undefined],
      ['nothing', 500, 'INTERNAL_ERROR', undefined],
      ['status', 500, 'INTERNAL_ERROR', undefined],
      ['retry', 503, 'SERVICE_UNAVAILABLE', '3'],
    ] as const) {
      lines.length = 0;
      const answer = await call(`/${how}/${kind}`);
      assert.deepEqual([answer.status, answer.code, answer.headers['retry-after']], [status, code, retryAfter], kind);
      assert.doesNotMatch(answer.text, /disk|10\.0|select|mere|teapot|at /);
      const logged = lines.filter(({ level }) => level === 50);
      // A refusal on purpose is no fault to look into.
      assert.equal(logged.length, status >= 500 && kind !== 'retry' ? 1 : 0);
      if (kind === 'stuck') assert.match(JSON.stringify(logged), /select secret.*answers\.test/);
    }
});

test('the sentence for people is in French for those who prefer it', async () => {
  for (const [language, message] of [
    ['fr', 'Conflit de ressource.'],
    ['fr-CA, en;q=0.5', 'Conflit de ressource.'],
    ['en, fr;q=0.9', 'This collides with the present state.'],
    ['*', 'This collides with the present state.'],
  ])
    assert.equal((await call('/sync/app', { headers: { 'accept-language': language } })).error.message, message);
});

test('every answer has the headers that keep browsers and caches out', async () => {
  for (const [url, method] of [
    ['/data', 'GET'],
    ['/sync/app', 'GET'],
    ['/nowhere', 'GET'],
    ['/gone', 'DELETE'],
    ['/plain', 'GET'],
    ['/%', 'GET'],
  ] as const) {
    const { headers } = await call(url, { method });
    assert.equal(headers['x-content-type-options'], 'nosniff', url);
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'");
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.equal(headers['cache-control'], 'no-store');
    assert.match(`${headers['x-request-id']}`, /^req_/);
    assert.equal(headers.server, undefined);
  }
});

test('one line for each request, without query, token or body', async () => {
  lines.length = 0;
  await call('/data?token=verysecret');
  await call('/nowhere/at/all?token=verysecret');
  const requests = lines.filter(({ msg }) => msg === 'request');
  assert.deepEqual(
    requests.map(({ method, route, status, user }) => ({ method, route, status, user })),
    [
      { method: 'GET', route: '/data', status: 200, user: 1 },
      { method: 'GET', route: '/nowhere/at/all', status: 404, user: 1 },
    ],
  );
  assert.equal(typeof requests[0]?.ms, 'number');
  assert.doesNotMatch(JSON.stringify(lines), /verysecret|Bearer/);
});

test('ids of requests never repeat, and are not taken from outside', async () => {
  const ids = new Set<unknown>();
  for (let i = 0; i < 50; i++)
    ids.add((await call('/plain', { headers: { 'x-request-id': 'mine' } })).headers['x-request-id']);
  assert.equal(ids.size, 50);
  assert.ok(!ids.has('mine'));
});

test('HEAD is GET without the body', async () => {
  const get = await call('/data');
  const head = await call('/data', { method: 'HEAD' });
  assert.deepEqual([head.status, head.text], [200, '']);
  assert.equal(head.headers['content-length'], get.headers['content-length']);
  assert.equal((await call('/sync/app', { method: 'HEAD' })).status, 409);
});
