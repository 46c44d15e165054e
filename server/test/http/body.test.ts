import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { Type } from 'typebox';
import { echo, strict, tinyApp } from './tiny_app.ts';

const body = strict({ content: Type.String(), metadata: Type.Optional(Type.Record(Type.String(), Type.Unknown())) });
const optional = strict({ reason: Type.Optional(Type.String()) });
const defaulted = strict({
  pinned: Type.Boolean({ default: true }),
  order: Type.Enum(['asc', 'desc'], { default: 'desc' }),
});
const { app, call } = await tinyApp(
  [
    echo({ method: 'POST', path: '/api/v1/messages', body }),
    echo({ method: 'POST', path: '/api/v1/auth/login', scope: 'public', limit: 'login', body }),
    echo({ method: 'DELETE', path: '/api/v1/messages', body: optional, bodyOptional: true }),
    echo({ method: 'POST', path: '/api/v1/join' }),
    echo({ method: 'POST', path: '/api/v1/pin', body: defaulted, bodyOptional: true }),
    echo({ path: '/api/v1/messages' }),
  ],
  { RATE_LIMITS: 'off' },
);
after(() => app.close());

const json = { 'content-type': 'application/json' };
const post = (payload: string | Buffer, headers: Record<string, string> = json, url = '/api/v1/messages') =>
  call(url, { method: 'POST', payload, headers });

/** A body of exactly so many bytes. */
const sized = (bytes: number) => `{"content":"${'x'.repeat(bytes - 14)}"}`;

test('a body is read as JSON in UTF-8', async () => {
  const { status, data } = await post('{"content":"é👍","metadata":{"a":[1]}}');
  assert.equal(status, 200);
  assert.deepEqual(data.body, { content: 'é👍', metadata: { a: [1] } });
});

test('media types: JSON, in UTF-8 if it says so; all else is 415', async () => {
  for (const good of [
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json; charset=utf8; x=y',
  ])
    assert.equal((await post('{"content":"x"}', { 'content-type': good })).status, 200, good);
  for (const bad of [
    'text/plain',
    'application/json; charset=latin1',
    'application/xml',
    'application/jsonp',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    'json',
    ';',
    '',
  ])
    assert.deepEqual([(await post('{"content":"x"}', { 'content-type': bad })).status, bad], [415, bad]);
  assert.equal((await post('{"content":"x"}', { 'content-type': 'text/plain' })).code, 'UNSUPPORTED_MEDIA_TYPE');
});

test('no body at all needs no type, and counts as {}', async () => {
  for (const headers of [{}, json, { 'content-type': 'application/x-www-form-urlencoded' }]) {
    const missing = await call('/api/v1/messages', { method: 'POST', headers });
    assert.deepEqual([missing.status, missing.details.field, missing.details.reason], [400, 'content', 'required']);
    assert.equal((await call('/api/v1/messages', { method: 'DELETE', headers })).status, 200);
    assert.equal((await call('/api/v1/join', { method: 'POST', headers })).status, 200);
  }
});

test('what may be left out arrives with its default, with no body at all too', async () => {
  const pin = (payload?: string) =>
    call('/api/v1/pin', { method: 'POST', headers: json, ...(payload ? { payload } : {}) });
  for (const payload of [undefined, '{}'])
    assert.deepEqual((await pin(payload)).data.body, { pinned: true, order: 'desc' });
  assert.deepEqual((await pin('{"pinned":false}')).data.body, { pinned: false, order: 'desc' });
  const { status, details } = await pin('{"pinned":null}');
  assert.deepEqual([status, details.field, details.reason], [400, 'pinned', 'wrong_type']);
});

test('a route without a body takes an empty object, and names what is in another one', async () => {
  assert.equal((await post('{}', json, '/api/v1/join')).status, 200);
  const { status, details } = await post('{"a":1}', json, '/api/v1/join');
  assert.deepEqual([status, details.field, details.reason], [400, 'a', 'unknown_field']);
  assert.equal((await post('{', json, '/api/v1/join')).status, 400);
});

test('whatever stands in the body of a GET is not looked at', async () => {
  assert.equal((await call('/api/v1/messages', { method: 'GET', payload: '{', headers: json })).status, 200);
});

test('what is not an object is named as the body', async () => {
  for (const bad of ['[]', '"x"', '1', 'null', 'true']) {
    const { status, details } = await post(bad);
    assert.deepEqual([status, details.field, details.reason], [400, 'body', 'wrong_type'], bad);
  }
});

test('the limit of bytes: at it 200, one above and far above 413', async () => {
  for (const [url, limit] of [
    ['/api/v1/messages', 65_536],
    ['/api/v1/auth/login', 4_096],
  ] as const) {
    assert.equal((await post(sized(limit), json, url)).status, 200);
    for (const bytes of [limit + 1, limit * 2, 5_000_000]) {
      const { status, code, details } = await post(sized(bytes), json, url);
      assert.deepEqual([status, code, details.max_bytes], [413, 'PAYLOAD_TOO_LARGE', limit], `${url} ${bytes}`);
    }
  }
});

test('gzip is taken, and its limit counts what comes out', async () => {
  const gzip = { ...json, 'content-encoding': 'gzip' };
  assert.equal((await post(gzipSync('{"content":"x"}'), gzip)).data.body.content, 'x');
  assert.equal((await post(gzipSync('{"content":"x"}'), { ...json, 'content-encoding': 'X-GZIP' })).status, 200);
  assert.equal((await post(gzipSync(sized(65_536)), gzip)).status, 200);
  assert.equal((await post(gzipSync(sized(65_537)), gzip)).status, 413);
  assert.equal((await post(gzipSync(sized(65_536), { level: 0 }), gzip)).status, 200);
  assert.equal((await post(gzipSync(sized(80_000), { level: 0 }), gzip)).status, 413);
  assert.equal((await post(gzipSync(Buffer.alloc(40_000_000)), gzip)).status, 413);
  assert.equal((await post(gzipSync(sized(4_097)), gzip, '/api/v1/auth/login')).status, 413);
});

test('gzip that is none is 400, other codings are 415', async () => {
  const gzip = { ...json, 'content-encoding': 'gzip' };
  const whole = gzipSync('{"content":"x"}');
  for (const bad of [
    Buffer.from('{"content":"x"}'),
    whole.subarray(0, 20),
    Buffer.from([0x1f, 0x8b]),
    deflateSync('{}'),
  ]) {
    const { status, details } = await post(bad, gzip);
    assert.deepEqual([status, details.reason], [400, 'malformed_gzip']);
  }
  assert.equal((await post(gzipSync('{'), gzip)).details.reason, 'malformed_json');
  for (const coding of ['br', 'deflate', 'gzip, gzip', 'zstd', 'x']) {
    const packed = coding === 'br' ? brotliCompressSync('{"content":"x"}') : whole;
    assert.equal((await post(packed, { ...json, 'content-encoding': coding })).status, 415, coding);
  }
  assert.equal((await post('{"content":"x"}', { ...json, 'content-encoding': 'identity' })).status, 200);
});

test('text that cannot be stored, and depth without end, are refused also where anything may stand', async () => {
  for (const [payload, field] of [
    ['{"content":"a\\u0000"}', 'content'],
    ['{"content":"\\ud83d"}', 'content'],
    ['{"content":"","metadata":{"a":{"b":["\\udc4d"]}}}', 'metadata.a.b.0'],
  ])
    assert.deepEqual(
      [(await post(payload as string)).status, (await post(payload as string)).details.field],
      [400, field],
    );
  const deep = `{"content":"","metadata":${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}}`;
  assert.equal((await post(deep)).details.reason, 'too_deep');
});

test('__proto__ is an unknown field, or data where anything may stand', async () => {
  const { status, details } = await post('{"content":"","__proto__":{"polluted":1}}');
  assert.deepEqual([status, details.field, details.reason], [400, '__proto__', 'unknown_field']);
  const open = await post('{"content":"","metadata":{"__proto__":{"polluted":1},"constructor":1}}');
  assert.equal(
    open.text,
    '{"success":true,"data":{"params":{},"query":{},"body":{"content":"","metadata":{"__proto__":{"polluted":1},"constructor":1}}}}',
  );
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});
