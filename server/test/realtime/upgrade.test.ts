import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { openRaw, type RawClient } from './raw_socket.ts';
import { connect, listen, open } from './socket.ts';

/** What an upgrade that was refused was told. */
async function refusalOf({ head, rest, ended, socket }: RawClient) {
  await ended;
  socket.destroy();
  const { error } = JSON.parse(rest());
  assert.match(head, new RegExp(`x-request-id: ${error.request_id}\r\n`, 'i'));
  return { status: Number(head.slice(9, 12)), ...error, head };
}

for (const engine of engines)
  describe(`upgrades on ${engine}`, () => {
    let app: TestApp;
    let url: string;
    before(async () => {
      app = await createTestApp(engine, { CORS_ORIGINS: 'https://chat.example.org' });
      url = await listen(app);
    });
    after(() => app.close());

    test('pages of the server’s own origin and of CORS_ORIGINS are let in, those of others not', async () => {
      for (const origin of ['https://chat.example.org', 'http://veza.test', 'https://veza.test']) {
        const raw = await openRaw(url, [`Origin: ${origin}`]);
        assert.match(raw.head, /^HTTP\/1.1 101 /, origin);
        raw.socket.destroy();
      }
      const strange = [
        'https://evil.example',
        'null',
        'https://chat.example.org.evil.example',
        'http://veza.test:81',
        '',
      ];
      for (const origin of strange) {
        const refusal = await refusalOf(await openRaw(url, [`Origin: ${origin}`, 'Accept-Language: fr']));
        assert.deepEqual([refusal.status, refusal.code, refusal.details.reason], [403, 'PERMISSION_DENIED', 'origin']);
        assert.equal(refusal.message, 'Permissions insuffisantes.');
      }
    });

    test('there is a socket at /ws, and nowhere else', async () => {
      for (const path of ['/', '/ws/', '/wss', '/api/v1/rooms', '/WS', '/ws%2F', '//ws', '/health']) {
        const refusal = await refusalOf(await openRaw(url, [], path));
        assert.deepEqual([refusal.status, refusal.code], [404, 'NOT_FOUND'], path);
      }
      assert.equal((await app.stranger.get('/ws', 404)).code, 'NOT_FOUND');
      const plain = await fetch(`${url.replace('ws', 'http')}/ws`);
      assert.equal(plain.status, 404);
      const { error } = (await plain.json()) as { error: { code: string; details: object } };
      assert.deepEqual([error.code, error.details], ['NOT_FOUND', { reason: 'not_an_upgrade' }]);
    });

    test('a request that offers another protocol is answered as if it did not', async () => {
      const offers = ['Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAAQAAP__'];
      for (const path of ['/health', '/api/v1/rooms']) {
        const raw = await openRaw(url, [...offers, `Authorization: Bearer ${app.admin.token}`], path);
        assert.match(raw.head, /^HTTP\/1.1 200 /);
        raw.socket.destroy();
      }
    });

    test('an upgrade that is none is refused by name', async () => {
      for (const line of ['Sec-WebSocket-Version: 7', 'Sec-WebSocket-Key: short', 'Sec-WebSocket-Protocol: a,,b']) {
        const refusal = await refusalOf(await openRaw(url, [line]));
        assert.deepEqual([refusal.status, refusal.code], [400, 'VALIDATION_FAILED'], line);
        assert.equal(refusal.details.reason, 'no_upgrade');
      }
    });

    test('an upgrade behind a request that is not answered yet is given up: its answer must not go on between frames', async () => {
      const { hostname, port } = new URL(url);
      const socket = connectTcp(Number(port), hostname);
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      const token = `Authorization: Bearer ${app.admin.token}\r\n`;
      const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
      socket.write(
        `GET /api/v1/events?wait=1 HTTP/1.1\r\nHost: veza.test\r\n${token}\r\n` +
          `GET /ws HTTP/1.1\r\nHost: veza.test\r\n${token}${upgrade}Sec-WebSocket-Key: ${'A'.repeat(22)}==\r\n\r\n`,
      );
      await once(socket, 'close');
      assert.ok(!text.includes('101 Switching') && !text.includes('auth_success'), text);
      // Behind one that is answered it is as good as any.
      const other = connectTcp(Number(port), hostname);
      other.write('GET /healthz HTTP/1.1\r\nHost: veza.test\r\n\r\n');
      await once(other, 'data');
      other.write(`GET /ws HTTP/1.1\r\nHost: veza.test\r\n${upgrade}Sec-WebSocket-Key: ${'A'.repeat(22)}==\r\n\r\n`);
      const [answer] = await once(other, 'data');
      assert.match(String(answer), /^HTTP\/1\.1 101 /);
      other.destroy();
    });

    test('whoever was refused, and does not hang up, keeps no connection', async () => {
      const raws = [await openRaw(url, [], '/nowhere'), await openRaw(url, ['Origin: https://evil.example'])];
      await Promise.all(raws.map(({ ended }) => ended));
      const count = () => new Promise<number>((resolve) => app.server.server.getConnections((_, n) => resolve(n)));
      while ((await count()) > 1) await new Promise((resolve) => setImmediate(resolve));
      for (const { socket } of raws) socket.destroy();
    });

    test('half an upgrade, or one that goes away, harms nobody', async () => {
      const { port } = new URL(url);
      for (const text of [
        'GET /ws HTTP/1.1\r\nUpgrade: websock',
        'GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n',
      ]) {
        const socket = connectTcp(Number(port), '127.0.0.1');
        await once(socket, 'connect');
        socket.write(text);
        socket.destroy();
      }
      const raw = await openRaw(url);
      raw.socket.resetAndDestroy();
      const client = await connect(url, app.admin);
      await client.ask('ping', {}, 'pong');
      await client.close();
    });
  });

for (const engine of engines)
  describe(`how many sockets there may be on ${engine}`, () => {
    const caps = { MAX_SOCKETS: '5', MAX_SOCKETS_PER_USER: '2', MAX_SOCKETS_PER_ADDRESS: '4' };
    let app: TestApp;
    let url: string;
    let alice: Person;
    before(async () => {
      app = await createTestApp(engine, { RATE_LIMITS: 'on', TRUSTED_PROXIES: '127.0.0.1', ...caps });
      url = await listen(app);
      alice = await app.register('alice');
    });
    after(() => app.close());
    const from = (address: string) => ({ 'x-forwarded-for': address });

    test('of one person, and as many again once one has gone', async () => {
      const [one, two] = [await connect(url, alice), await connect(url, alice)];
      const three = await open(url);
      const error = await three.ask('authenticate', { token: alice.token }, 'auth_error');
      assert.equal(error.code, 'RATE_LIMIT_EXCEEDED');
      assert.ok(error.retry_after > 0);
      assert.equal(await three.closed(), 4009);
      await one.close();
      const four = await connect(url, alice);
      // Readers over HTTP are counted apart.
      await alice.get('/events?wait=0', 200);
      await Promise.all([two.close(), four.close()]);
    });

    test('of one address, where an IPv6 one is its /64', async () => {
      for (const [usual, other] of [
        [['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.1'], '192.0.2.2'],
        [['2001:db8::1', '2001:db8::2', '2001:db8::3:4', '2001:db8::5'], '2001:db8:0:1::1'],
      ] as const) {
        const open4 = [];
        for (const address of usual) open4.push(await open(url, from(address)));
        const fifth = await open(url, from(usual[0]));
        assert.equal(await fifth.closed(), 4009);
        const elsewhere = await open(url, from(other));
        await elsewhere.next('hello');
        await Promise.all([...open4, elsewhere].map((client) => client.close()));
      }
    });

    test('of the process: then the upgrade is refused, and says when to come again', async () => {
      const clients = [];
      for (const last of [1, 2, 3, 4, 5]) clients.push(await open(url, from(`192.0.2.${last}`)));
      const refusal = await refusalOf(await openRaw(url));
      assert.deepEqual([refusal.status, refusal.code], [503, 'SERVICE_UNAVAILABLE']);
      assert.match(refusal.head, /Retry-After: 10\r\n/);
      await Promise.all(clients.map((client) => client.close()));
      const client = await connect(url, alice);
      await client.close();
    });
  });

for (const engine of engines)
  test(`a server that ends tells all sockets to come back, on ${engine}`, async () => {
    const app = await createTestApp(engine);
    const url = await listen(app);
    const alice = await app.register('alice');
    const [known, unknown, mute] = [await connect(url, alice), await open(url), await openRaw(url)];
    // Refused, and not gone: it keeps nobody from ending.
    const refused = await openRaw(url, [], '/nowhere');
    await app.close();
    assert.deepEqual(await Promise.all([known.closed(), unknown.closed(), mute.closed()]), [1012, 1012, 1012]);
    for (const { socket } of [mute, refused]) socket.destroy();
  });
