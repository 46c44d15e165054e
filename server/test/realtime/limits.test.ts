import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import { movableClock } from '../harness/auth.ts';
import type { Person } from '../harness/people.ts';
import { connect, listen } from './socket.ts';

for (const engine of engines)
  describe(`how much may be said over sockets on ${engine}`, () => {
    let app: TestApp;
    let url: string;
    let alice: Person;
    let room: number;
    before(async () => {
      // A clock that stands still: nothing is given back while a test runs.
      const limits = { RATE_LIMIT_FRAMES: '20/1m', RATE_LIMIT_SEND: '6/1m', RATE_LIMIT_ANONYMOUS: '4/1m' };
      app = await createTestApp(engine, { RATE_LIMITS: 'on', ...limits }, { now: movableClock().now });
      url = await listen(app);
      alice = await app.register('alice');
      room = (await alice.post('/rooms', { name: 'Kitchen' }, 201)).id;
    });
    after(() => app.close());

    test('messages are counted together, over both transports', async () => {
      const client = await connect(url, alice);
      for (let at = 0; at < 3; at++) {
        await alice.post(`/rooms/${room}/messages`, { content: 'over REST' }, 201);
        await client.ask('send_message', { room_id: room, content: 'over the socket' }, 'message_sent');
      }
      const error = await client.ask('send_message', { room_id: room, content: 'too many' }, 'error');
      assert.equal(error.code, 'RATE_LIMIT_EXCEEDED');
      assert.equal(error.severity, 'medium');
      assert.ok(error.retry_after > 0 && Number.isInteger(error.retry_after));
      const { current_rate, limit, window } = error.details;
      assert.deepEqual([current_rate, limit, typeof window], [6, 6, 'number']);
      await alice.post(`/rooms/${room}/messages`, { content: 'too many' }, 429);
      const { total_count } = await client.ask('get_history', { room_id: room }, 'room_history');
      assert.equal(total_count, 6);
      await client.close();
    });

    test('frames are counted per person, pings of the protocol too; who goes on and on is closed with 4003', async () => {
      const [bob, carol] = [await app.register('bob'), await app.register('carol')];
      const [one, two] = [await connect(url, bob), await connect(url, bob)];
      for (let at = 0; at < 10; at++) {
        await one.ask('ping', {}, 'pong');
        two.ws.ping();
        await two.ask('ping', {}, 'pong').catch(() => undefined);
        if (two.of('error').length > 0) break;
      }
      const [refusal] = two.of('error');
      assert.equal(refusal.code, 'RATE_LIMIT_EXCEEDED');
      assert.deepEqual([refusal.details.limit, refusal.details.current_rate], [20, 20]);
      const other = await connect(url, carol);
      await other.ask('ping', {}, 'pong');
      for (let at = 0; at < 10; at++) one.ws.ping();
      assert.equal(await one.closed(), 4003);
      await Promise.all([two.close(), other.close()]);
    });

    test('wrong tokens are counted against the address', async () => {
      const codes = [];
      for (let at = 0; at < 6; at++) {
        const error = await connect(url, { token: 'wrong' }).catch((thrown: Error) => thrown.message);
        codes.push(/RATE_LIMIT_EXCEEDED|INVALID_TOKEN/.exec(String(error))?.[0]);
      }
      assert.equal(codes.at(-1), 'RATE_LIMIT_EXCEEDED');
      assert.equal(codes[0], 'INVALID_TOKEN');
    });
  });
