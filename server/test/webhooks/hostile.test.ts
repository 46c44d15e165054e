import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createSecureServer } from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Webhook } from 'standardwebhooks';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import { type Deed, kinds } from './hostile_kinds.ts';
import { startReceiver, toThisMachine } from './receiver.ts';
import { cert, key } from './self_signed.ts';

const HEALTHY = 20;
const EVENTS = 12;
const MIB = 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const heapInUse = () => {
  collectGarbage();
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
};

/** Hostile receivers, which are all closed in the end. */
function openHouse() {
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const listen = async (server: Server) => {
    servers.push(server);
    server.on('connection', keep).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  return {
    does: async (deed: Deed, atOnce = false) => {
      const begin = (socket: Socket) => (atOnce ? deed(socket) : socket.once('data', () => deed(socket)));
      return `http://127.0.0.1:${await listen(createServer(begin))}/`;
    },
    selfSigned: async () => {
      const server = createSecureServer({ key, cert }, (socket) => socket.end('HTTP/1.1 204 No Content\r\n\r\n'));
      server.on('tlsClientError', () => undefined);
      return `https://127.0.0.1:${await listen(server)}/`;
    },
    silentHandshake: async () => `https://127.0.0.1:${await listen(createServer(() => undefined))}/`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      for (const server of servers) server.close();
    },
  };
}

for (const engine of engines) {
  describe(`a crowd of hostile receivers (${engine})`, async () => {
    let asked = 0;
    const names: Record<string, () => string[]> = {
      'fickle.example': () => [asked++ === 0 ? '8.8.8.8' : '10.0.0.1'],
      'void.example': () => [],
    };
    const settings = {
      ...toThisMachine,
      // Whoever hangs does so for longer than everything here takes.
      ...{ WEBHOOK_ATTEMPT_SECONDS: '60', WEBHOOK_CONNECT_SECONDS: '60', DRAIN_SECONDS: '0' },
      ...{ MAX_WEBHOOKS_PER_ROOM: '100', MAX_WEBHOOKS_PER_USER: '100' },
    };
    const app = await createTestApp(engine, settings, {
      resolve: async (name) => names[name]?.() ?? assert.fail(`No such name: ${name}`),
    });
    const house = openHouse();
    const healthy = await Promise.all(Array.from({ length: HEALTHY }, startReceiver));
    after(app.close);
    after(house.close);
    for (const { close } of healthy) after(close);
    const alice = await app.register('alice');
    const room = await alice.post('/rooms', { name: 'Garden' }, 201);
    const hook = (url: string) => alice.post('/webhooks', { url, events: ['message_sent'], room_id: room.id }, 201);

    const ends = new Map<string, { id: number; ends: (typeof kinds)[string]['ends'] }>();
    for (const [name, { deed, ends: expected, atOnce }] of Object.entries(kinds))
      ends.set(name, { id: (await hook(await house.does(deed, atOnce))).id, ends: expected });
    const others: readonly [string, string, readonly [null, string] | undefined][] = [
      ['a certificate nobody vouches for', await house.selfSigned(), [null, 'tls']],
      ['a handshake that never ends', await house.silentHandshake(), undefined],
      // One that was just closed could be given to somebody else.
      ['a port nobody listens at', 'http://127.0.0.1:1/', [null, 'connection_refused']],
      ['a name that changes its mind', 'http://fickle.example/', [null, 'forbidden_address']],
      ['a name that leads nowhere', 'http://void.example/', [null, 'name_not_resolved']],
      ['a name that does not resolve', 'http://nowhere.example/', [null, 'name_not_resolved']],
    ];
    for (const [name, url, expected] of others) ends.set(name, { id: (await hook(url)).id, ends: expected });
    const deliveriesOf = async (id: number) =>
      (await alice.get(`/webhooks/${id}/deliveries?limit=100`, 200)).deliveries as {
        attempts: number;
        response_code: number | null;
        error: string | null;
        response_excerpt: string | null;
      }[];

    it(`keeps no event from ${HEALTHY} that answer, and takes no memory`, async () => {
      assert.ok(ends.size >= 25, `${ends.size}`);
      const hooks = await Promise.all(healthy.map(({ url }) => hook(url)));
      const before = heapInUse();
      const ids: number[] = [];
      for (let n = 0; n < EVENTS; n++)
        ids.push((await alice.post(`/rooms/${room.id}/messages`, { content: `${n}` }, 201)).id);
      await Promise.all(healthy.map(({ got }) => got(EVENTS)));
      for (const [place, { received }] of healthy.entries()) {
        const { id, secret } = hooks[place];
        assert.deepEqual(
          received.map(({ told }) => told.data.id).sort((a, b) => a - b),
          ids,
        );
        for (const { headers, body, told } of received) {
          new Webhook(secret).verify(body, headers as Record<string, string>);
          const documented = createHmac('sha256', secret).update(JSON.stringify(told)).digest('hex');
          assert.equal(headers['x-webhook-signature'], documented);
          assert.equal(told.webhook_id, id);
        }
      }
      // By now who hangs has not even been given up once.
      for (const [name, { id, ends: expected }] of ends)
        if (expected === undefined)
          assert.ok(
            (await deliveriesOf(id)).every(({ attempts }) => attempts === 0),
            name,
          );
      const found = new Set<string>();
      for (const [name, { id, ends: expected }] of ends) {
        if (expected === undefined) continue;
        let tried: Awaited<ReturnType<typeof deliveriesOf>> = [];
        while (tried.length === 0) {
          tried = (await deliveriesOf(id)).filter(({ attempts }) => attempts > 0);
          if (tried.length === 0) await sleep(20);
        }
        for (const { response_code, error, response_excerpt } of tried) {
          found.add(`${name}: ${response_code} ${error}`);
          assert.ok(Buffer.byteLength(response_excerpt ?? '') <= 1_024, name);
        }
      }
      const said = [...ends].flatMap(([name, { ends }]) => (ends ? [`${name}: ${ends[0]} ${ends[1]}`] : []));
      assert.deepEqual([...found], said);
      const grown = (heapInUse() - before) / MIB;
      assert.ok(grown < 64, `${grown} MiB`);
      const off = (await alice.get('/webhooks?limit=100', 200)).webhooks.filter(
        ({ active }: { active: boolean }) => !active,
      );
      assert.deepEqual(
        off.map(({ id, disabled_reason }: { id: number; disabled_reason: string }) => [id, disabled_reason]),
        [[ends.get('gone')?.id, 'gone']],
      );
    });
  });
}
