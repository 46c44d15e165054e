import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { settled } from '../harness/settled.ts';
import { connect, listen, open } from './socket.ts';

for (const engine of engines)
  describe(`sockets on ${engine}`, () => {
    let app: TestApp;
    let url: string;
    let alice: Person;
    let bob: Person;
    let mallory: Person;
    let room: number;

    before(async () => {
      app = await createTestApp(engine);
      url = await listen(app);
      [alice, bob, mallory] = [await app.register('alice'), await app.register('bob'), await app.register('mallory')];
      room = (await alice.post('/rooms', { name: 'Kitchen', is_public: false }, 201)).id;
      await alice.post(`/rooms/${room}/members`, { user_id: bob.id }, 201);
    });
    after(() => app.close());

    test('bob hears what alice sends over REST, and mallory nothing', async () => {
      const [his, hers] = [await connect(url, bob), await connect(url, mallory)];
      const sent = await alice.post(`/rooms/${room}/messages`, { content: 'tea?' }, 201);
      const heard = await his.next('room_message');
      assert.deepEqual(
        { id: heard.id, message_id: heard.message_id, room: heard.room_name, content: heard.content, seq: heard.seq },
        { id: sent.id, message_id: sent.id, room: 'Kitchen', content: 'tea?', seq: sent.seq },
      );
      assert.deepEqual(heard.reactions, []);
      assert.match(heard.event_id, /^\d+$/);
      assert.deepEqual(hers.of('room_message'), []);
      await Promise.all([his.close(), hers.close()]);
    });

    test('bob sends over the socket, and every socket of both hears it once', async () => {
      const [his, other, hers] = [await connect(url, bob), await connect(url, bob), await connect(url, alice)];
      const ack = await his.ask(
        'send_message',
        { room_id: room, content: 'with milk', metadata: { client_id: 'c1' } },
        'message_sent',
      );
      assert.equal(ack.client_id, 'c1');
      for (const client of [his, other, hers]) {
        const heard = await client.next('room_message', ({ id }) => id === ack.message_id);
        assert.equal(heard.content, 'with milk');
      }
      const again = await his.ask(
        'send_message',
        { room_id: room, content: 'with milk', metadata: { client_id: 'c1' } },
        'message_sent',
      );
      assert.equal(again.message_id, ack.message_id);
      await hers.ask('ping', { timestamp: 1 }, 'pong');
      assert.equal(hers.of('room_message').filter(({ id }) => id === ack.message_id).length, 1);
      await Promise.all([his.close(), other.close(), hers.close()]);
    });

    test('what came while bob was away comes first, then what comes', async () => {
      const before = await connect(url, bob);
      await alice.post(`/rooms/${room}/messages`, { content: 'one' }, 201);
      const { event_id } = await before.next('room_message', ({ content }) => content === 'one');
      await before.close();
      for (const content of ['two', 'three']) await alice.post(`/rooms/${room}/messages`, { content }, 201);
      await settled(app);
      const later = await connect(url, bob, event_id);
      const { count } = await later.next('resumed');
      assert.equal(count, 2);
      await alice.post(`/rooms/${room}/messages`, { content: 'four' }, 201);
      await later.next('room_message', ({ content }) => content === 'four');
      assert.deepEqual(
        later.frames.map(({ type, data }) => data.content ?? type).filter((what) => what !== 'user_presence'),
        ['hello', 'auth_success', 'two', 'three', 'resumed', 'four'],
      );
      await later.close();
    });

    test('nobody is let in with a wrong token', async () => {
      const stranger = await open(url);
      const error = await stranger.ask('authenticate', { token: 'wrong' }, 'auth_error');
      assert.equal(error.code, 'INVALID_TOKEN');
      assert.equal(await stranger.closed(), 4001);
    });
  });
