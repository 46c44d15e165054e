import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { textOf } from '../../src/db/statement.ts';
import { closeCodes } from '../../src/realtime/close_codes.ts';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { parseMetrics } from '../metrics_text.ts';
import { frameBytes, opcodes, openRaw, textFrame } from './raw_socket.ts';
import { connect, listen, logged, open } from './socket.ts';

type Reason = keyof typeof closeCodes | 'gone';

for (const engine of engines)
  describe(`what a socket was closed for, as the operator and the client see it, on ${engine}`, () => {
    let app: TestApp;
    let url: string;
    let alice: Person;
    let room: number;
    before(async () => {
      const limits = { MAX_FRAME_BYTES: '65536', MAX_WAITING_BYTES: '65536', SOCKET_AUTH_SECONDS: '1' };
      app = await createTestApp(engine, { ...limits, MAX_BEHIND_SECONDS: '2' });
      url = await listen(app);
      alice = await app.register('alice');
      room = (await alice.post('/rooms', { name: 'Kitchen' }, 201)).id;
    });
    after(() => app.close());

    async function counted(): Promise<Map<string, number>> {
      const { text } = await app.stranger.request('GET', '/metrics');
      const samples = parseMetrics(text).get('veza_sockets_closed_total')?.samples ?? [];
      return new Map(samples.map(({ labels, value }) => [labels.reason as string, value]));
    }

    /** Waits until one more was counted, of this reason and of no other. */
    async function counts(reason: Reason, act: () => Promise<unknown>): Promise<void> {
      const before = await counted();
      await act();
      const deadline = performance.now() + 10_000;
      for (;;) {
        const more = [...(await counted())].filter(([name, count]) => count !== before.get(name));
        if (more.length > 0 || performance.now() > deadline) {
          assert.deepEqual(more, [[reason, (before.get(reason) ?? 0) + 1]]);
          return;
        }
        await sleep(10);
      }
    }

    const hello = textFrame({ type: 'ping', data: {} });
    const breaches: readonly (readonly [Reason, readonly Buffer[]])[] = [
      ['noFrame', [frameBytes(opcodes.text, '{}', { masked: false })]],
      ['noFrame', [frameBytes(opcodes.text, '{}', { reserved: 4 })]],
      ['noFrame', [frameBytes(3, '{}')]],
      ['binary', [frameBytes(opcodes.binary, '{}')]],
      ['notUtf8', [frameBytes(opcodes.text, Buffer.from([0xc3, 0x28]))]],
      ['tooBig', [frameBytes(opcodes.text, 'x'.repeat(65_537))]],
    ];
    for (const [reason, frames] of breaches)
      test(`${reason}: ${frames[0]?.subarray(0, 2).toString('hex')}`, () =>
        counts(reason, async () => {
          const raw = await openRaw(url, [`Authorization: Bearer ${alice.token}`]);
          raw.write(Buffer.concat([hello, ...frames]));
          assert.equal(await raw.closed(), closeCodes[reason as keyof typeof closeCodes][0]);
          raw.socket.destroy();
        }));

    test('gone: without a word, in the middle of a frame, and with the handshake', async () => {
      for (const leave of ['destroy', 'resetAndDestroy'] as const)
        await counts('gone', async () => {
          const raw = await openRaw(url, [`Authorization: Bearer ${alice.token}`]);
          raw.write(hello.subarray(0, 5));
          raw.socket[leave]();
        });
      await counts('gone', async () => (await connect(url, alice)).close());
    });

    test('goodbye, and unauthenticated', async () => {
      await counts('goodbye', async () => {
        const client = await connect(url, alice);
        client.send({ type: 'disconnect', data: {} });
        assert.equal(await client.closed(), 1000);
      });
      await counts('unauthenticated', async () => assert.equal(await (await open(url)).closed(), 4001));
    });

    async function say(count: number, content: string): Promise<number[]> {
      const ids: number[] = [];
      for (let n = 0; n < count; n++)
        ids.push((await alice.post(`/rooms/${room}/messages`, { content }, 201)).id as number);
      return ids;
    }

    test('tooSlow: who does not read is cut off with 4008, and resumes', async () => {
      const bob = await app.register('bob');
      await bob.post(`/rooms/${room}/join`, {}, 201);
      const long = '…'.repeat(2_000);
      await say(100, long);
      const { next_cursor } = await bob.get('/events', 200);
      const slow = await connect(url, bob);
      const isCut = () => app.deps.realtime.hub.placesOf(bob.id) === undefined;
      slow.ws.pause();
      const heardLate = await say(3, 'before');
      // Half a megabyte each: the buffers of both kernels have to be full, too.
      for (let asked = 0; !isCut() && asked < 200; asked++) {
        slow.send({ type: 'get_history', data: { room_id: room, limit: 100 } });
        heardLate.push(...(await say(1, long)));
        await sleep(5);
      }
      assert.ok(isCut());
      heardLate.push(...(await say(3, 'after')));
      // What was written before is still there to read, and the code behind it.
      await counts('tooSlow', async () => {
        slow.ws.resume();
        assert.equal(await slow.closed(), 4008);
      });
      const heard = logged(slow);
      const again = await connect(url, bob, heard.at(-1)?.data.event_id ?? next_cursor);
      await again.next('resumed');
      const told = [...heard, ...logged(again)].filter(({ type }) => type === 'room_message');
      assert.deepEqual(
        told.map(({ data }) => data.id),
        heardLate,
      );
      assert.ok(logged(again).length > 0);
      await again.close();
    });

    test('who reads all he is sent gets pages larger than may wait, however many he asks for', async () => {
      await say(100, '…'.repeat(2_000));
      const client = await connect(url, alice);
      const pages = await Promise.all(
        Array.from({ length: 6 }, () => client.ask('get_history', { room_id: room, limit: 100 }, 'room_history')),
      );
      assert.ok(pages.every(({ messages }) => messages.length === 100 && JSON.stringify(messages).length > 65_536));
      await client.close();
    });

    test('fault: a server that cannot read its log says so, and closes with 1011', async () => {
      const rename = (from: string, to: string) =>
        app.deps.db.write('damage', (db) => db.run(textOf(`alter table ${from} rename to ${to}`), []));
      await counts('fault', async () => {
        const client = await open(url);
        await client.next('hello');
        await rename('events', 'mislaid_events');
        client.send({ type: 'authenticate', data: { token: alice.token, resume: '1' }, request_id: 'in' });
        assert.equal(await client.closed(), 1011);
        const { data } = client.frames.find(({ type }) => type === 'error') ?? { data: {} };
        assert.equal(data.code, 'INTERNAL_ERROR');
        assert.deepEqual(client.of('resumed', 'resume_failed', 'auth_error'), []);
      });
      await rename('mislaid_events', 'events');
      const client = await connect(url, alice, '1');
      await client.next('resumed');
      await client.close();
    });
  });
