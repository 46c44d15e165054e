import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { Type } from 'typebox';
import { echo, strict, tinyApp } from './tiny_app.ts';

const body = strict({ content: Type.String() });
const seconds = { HEADERS_TIMEOUT_SECONDS: '1', REQUEST_TIMEOUT_SECONDS: '2', KEEP_ALIVE_SECONDS: '1' };
const { app, lines } = await tinyApp(
  [
    echo({ path: '/x', scope: 'public', limit: 'none' }),
    echo({ method: 'POST', path: '/x', scope: 'public', limit: 'none', body }),
    echo({ path: '/y/{name}', scope: 'public', limit: 'none', params: strict({ name: Type.String() }) }),
  ],
  seconds,
);
await app.listen({ host: '127.0.0.1', port: 0 });
after(() => app.close());
const { port } = app.server.address() as { port: number };

function open(): Socket {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {}); // the far side may hang up while we still speak
  return socket;
}

/** Everything the server says on this connection until it closes it, or until `done`. */
async function heard(socket: Socket, done: (text: string) => boolean = () => false): Promise<string> {
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    if (done(text)) break;
  }
  socket.destroy();
  return text;
}

const say = (text: string | Buffer, done?: (text: string) => boolean) => {
  const socket = open();
  socket.write(text);
  return heard(socket, done);
};

function read(text: string) {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const content = rest.join('\r\n\r\n');
  const status = Number(head.split(' ')[1]);
  return { status, head: head.toLowerCase(), error: content.startsWith('{') ? JSON.parse(content).error : undefined };
}

const complete = (text: string) => /\r\n\r\n\{.*\}$/s.test(text);
const get = (url: string, headers = '') => `GET ${url} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;

test('what is not HTTP is 400, in the envelope', async () => {
  for (const bad of [
    'nonsense\r\n\r\n',
    'GET /x HTTP/9.9\r\n\r\n',
    'GET\r\n\r\n',
    get('/x', 'Content-Length: a\r\n'),
    get('/x', 'a b: c\r\n'),
    get('/x', 'Content-Length: 1\r\nTransfer-Encoding: chunked\r\n'),
    Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]),
  ]) {
    const { status, head, error } = read(await say(bad));
    assert.deepEqual(
      [status, error.code, error.details.reason],
      [400, 'VALIDATION_FAILED', 'malformed_http'],
      `${bad}`,
    );
    assert.match(head, /connection: close/);
    assert.match(head, new RegExp(`x-request-id: ${error.request_id}`));
  }
});

test('HTTP/1.1 without a host is 400 and said so', async () => {
  const { status, error } = read(await say('GET /x HTTP/1.1\r\n\r\n', complete));
  assert.deepEqual([status, error.details.field], [400, 'Host']);
  assert.equal(read(await say('GET /x HTTP/1.0\r\n\r\n')).status, 200);
});

test('what is expected beyond 100-continue is 417, in the envelope and with the headers of all answers', async () => {
  const { status, head, error } = read(await say(get('/x', 'Expect: a-miracle\r\n'), complete));
  assert.deepEqual([status, error.code, error.details.allowed], [417, 'EXPECTATION_FAILED', ['100-continue']]);
  assert.match(head, new RegExp(`x-request-id: ${error.request_id}`));
  for (const header of ['x-content-type-options: nosniff', 'content-security-policy: ', 'cache-control: no-store'])
    assert.ok(head.includes(`\r\n${header}`), header);
  const both = await say(get('/x', 'Expect: a-miracle\r\n') + get('/x'), (text) => text.includes('HTTP/1.1 200'));
  assert.deepEqual(both.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 417', 'HTTP/1.1 200']); // and the connection goes on
  const continued = await say(get('/x', 'Expect: 100-Continue\r\n'), (text) => text.includes('HTTP/1.1 200'));
  assert.match(continued, /^HTTP\/1\.1 100 /);
  assert.equal(read(await say('GET /x HTTP/1.0\r\nExpect: a-miracle\r\n\r\n')).status, 200); // its time knew no expectations
});

test('a target that is no address is 400, in the envelope, and one that cannot be decoded is no path', async () => {
  for (const target of [
    'http://x:99999/',
    'http://[/',
    'http://%ff/',
    'http:///',
    '*%ff',
    '?%ff',
    'x%ff',

    '/%ff?%ff',
  ]) {
    const { status, error } = read(await say(Buffer.from(get(target), 'latin1'), complete));
    const isPath = target.startsWith('/');
    assert.deepEqual([status, error?.code], isPath ? [404, 'NOT_FOUND'] : [400, 'VALIDATION_FAILED'], target);
  }
  assert.equal(read(await say(get('http://x/x'), complete)).status, 200, 'an address that is whole names its path');
});

test('an address at the limit is taken, one above it and far above it is 414', async () => {
  const url = (bytes: number) => `/x?q=${'x'.repeat(bytes - 5)}`;
  assert.equal(read(await say(get(url(8_192)), complete)).status, 200);
  for (const bytes of [8_193, 12_000, 20_000, 60_000]) {
    const { status, error } = read(await say(get(url(bytes)), complete));
    assert.deepEqual([status, error.code, error.details.max_bytes], [414, 'URI_TOO_LONG', 8_192], `${bytes}`);
  }
  for (const path of ['/', '/y/']) {
    const { status, error } = read(await say(get(path + 'x'.repeat(9_000)), complete));
    assert.deepEqual([status, error.details.max_bytes], [414, 8_192], path);
  }
});

test('headers at the limit are taken, above it and far above it they are 431', async () => {
  const header = (bytes: number) => `X-Filler: ${'x'.repeat(bytes)}\r\n`;
  assert.equal(read(await say(get('/x', header(16_000)), complete)).status, 200);
  for (const bytes of [16_384, 40_000, 1_000_000]) {
    const { status, error } = read(await say(get('/x', header(bytes))));
    assert.deepEqual([status, error.code, error.details.max_bytes], [431, 'HEADERS_TOO_LARGE', 16_384], `${bytes}`);
  }
  const many = Array.from({ length: 3_000 }, (_, i) => `X-${i}: ${i}\r\n`).join('');
  assert.equal(read(await say(get('/x', many))).status, 431);
});

test('a connection that says nothing, headers that do not come and a body that does not come are 408', async () => {
  const started = performance.now();
  const answers = await Promise.all([
    heard(open()),
    say('GET /x HTT'),
    say('GET /x HTTP/1.1\r\nHost: x\r\n'),
    say('POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"con'),
  ]);
  for (const answer of answers) {
    const { status, error } = read(answer);
    assert.deepEqual([status, error.code], [408, 'REQUEST_TIMEOUT'], answer);
  }
  const took = performance.now() - started;
  assert.ok(took > 900, `${took}: not before its time`);
});

test('a client that dribbles does not keep its place longer', async () => {
  const socket = open();
  socket.write('POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n');
  const dribble = setInterval(() => socket.write(' '), 100);
  const { status } = read(await heard(socket));
  clearInterval(dribble);
  assert.equal(status, 408);
});

test('an idle connection is closed without a word, after its time', async () => {
  const socket = open();
  socket.write(get('/x'));
  const text = await heard(socket);
  assert.equal(text.match(/HTTP\/1\.1/g)?.length, 1);
});

test('a body over the limit is refused, and its sender gets to read that', async () => {
  const head = (length: number) =>
    `POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
  const big = Buffer.alloc(3_000_000, 0x20);
  const socket = open();
  socket.write(head(big.length));
  socket.write(big);
  socket.write(get('/x'));
  const text = await heard(socket, (heardSoFar) => heardSoFar.includes('HTTP/1.1 200'));
  assert.match(text, /^HTTP\/1\.1 413 /);
  assert.match(text, /HTTP\/1\.1 200/); // and the connection goes on
});

test('chunks without end are cut off at the limit', async () => {
  const socket = open();
  socket.write('POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n');
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  let sent = 0;
  const closed = new Promise((resolve) => socket.once('close', resolve));
  let answer = '';
  socket.on('data', (data) => (answer += data));
  while (!socket.destroyed && sent < 2_000) {
    sent++;
    if (!socket.write(chunk)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
  }
  await closed;
  assert.match(answer, /^HTTP\/1\.1 413 /);
  assert.ok(sent < 1_500, `${sent} chunks of 64 KiB`);
});

test('a client that leaves in the middle of its body does no harm', async () => {
  lines.length = 0;
  for (let i = 0; i < 20; i++) {
    const socket = open();
    socket.write('POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"con');
    await once(socket, 'connect');
    if (i % 2) socket.destroy();
    else socket.resetAndDestroy();
  }
  assert.equal(read(await say(get('/x'), complete)).status, 200);
  assert.deepEqual(
    lines.filter(({ level }) => Number(level) >= 50),
    [],
  );
});

test('requests behind each other on one connection are answered in order', async () => {
  const text = await say(
    get('/x?a=1') + get('/nowhere') + get('/x'),
    (heardSoFar) => (heardSoFar.match(/HTTP\/1\.1/g) ?? []).length === 3 && complete(heardSoFar),
  );
  assert.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
  assert.equal((await say(`${get('/x')}nonsense\r\n\r\n`)).match(/HTTP\/1\.1 \d+/g)?.[0], 'HTTP/1.1 200');
});
