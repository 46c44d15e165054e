import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { settled } from '../harness/settled.ts';
import { connect, listen } from './socket.ts';
import { openStream } from './stream.ts';

for (const engine of engines)
  describe(`who looks into a room without being in it (${engine})`, () => {
    let app: TestApp;
    let url: string;
    let alice: Person;
    let bob: Person;
    let guest: Person;
    before(async () => {
      app = await createTestApp(engine);
      url = await listen(app);
      [alice, bob] = [await app.register('alice'), await app.register('bob')];
      guest = await app.registerAs('guest', 'gus');
      // Who came into the room that everybody is in has been told.
      await settled(app);
    });
    after(() => app.close());

    const say = (room: number, content: string) => alice.post(`/rooms/${room}/messages`, { content }, 201);

    test('a guest is told what is said, and not who is there', async () => {
      const { id: room } = await alice.post('/rooms', { name: 'Kitchen' }, 201);
      await guest.get(`/rooms/${room}/members`, 403);
      const socket = await connect(url, guest);
      await socket.ask('join_room', { room_id: room }, 'room_joined');
      const stream = await openStream(url, guest, `?room_id=${room}`);
      await alice.post(`/rooms/${room}/members`, { user_id: bob.id }, 201);
      await alice.put(`/rooms/${room}/members/${bob.id}`, { role: 'moderator' }, 200);
      await alice.put(`/rooms/${room}/bans/${bob.id}`, { reason: 'why not' }, 200);
      await alice.delete(`/rooms/${room}/bans/${bob.id}`, 204);
      const { id } = await say(room, 'tea?');
      await socket.next('room_message', (data) => data.id === id);
      await stream.next(({ data }) => data.data.id === id);
      const { events } = await guest.get(`/events?room_id=${room}&after=0`, 200);
      const told = [
        ...events.map(({ type }: { type: string }) => type),
        ...stream.events.map(({ event }) => event),
        ...socket.frames.map(({ type }) => type),
      ];
      assert.deepEqual(
        told.filter((type) => /^(user_(joined|left|banned|unbanned)|member_)/.test(type)),
        [],
      );
      assert.ok(events.length >= 2, 'the room and the message');
      await Promise.all([socket.close(), stream.close()]);
    });

    test('whoever is banned is told that, and nothing after it', async () => {
      const { id: room } = await alice.post('/rooms', { name: 'Yard' }, 201);
      const [socket, stream] = [await connect(url, guest), await openStream(url, guest, `?room_id=${room}`)];
      await socket.ask('join_room', { room_id: room }, 'room_joined');
      await alice.put(`/rooms/${room}/bans/${guest.id}`, {}, 200);
      await say(room, 'now that he is gone');
      await stream.over;
      const { event, data } = stream.events.at(-1) ?? {};
      assert.deepEqual([event, data.data.user_id], ['user_banned', guest.id]);
      await socket.next('user_banned', ({ user_id }) => user_id === guest.id);
      await socket.ask('ping', {}, 'pong');
      assert.deepEqual(socket.of('room_message'), []);
      await socket.close();
    });

    test('an admin goes on looking into a private room when its settings change', async () => {
      const { id: room } = await alice.post('/rooms', { name: 'Cellar', is_public: false }, 201);
      const stream = await openStream(url, app.admin, `?room_id=${room}`);
      await alice.put(`/rooms/${room}`, { topic: 'wine' }, 200);
      const { id } = await say(room, 'red or white?');
      await stream.next(({ data }) => data.data.id === id);
      assert.deepEqual(
        stream.events.map(({ event }) => event),
        ['room_updated', 'message_sent'],
      );
      await stream.close();
    });

    test('a member goes on when the room is closed to strangers, who are told nothing of it', async () => {
      const { id: room } = await alice.post('/rooms', { name: 'Hall' }, 201);
      const [hers, his] = [
        await openStream(url, guest, `?room_id=${room}`),
        await openStream(url, bob, `?room_id=${room}`),
      ];
      await bob.post(`/rooms/${room}/join`, {}, 201);
      await alice.put(`/rooms/${room}`, { is_public: false }, 200);
      const { id } = await say(room, 'among ourselves');
      await his.next(({ data }) => data.data.id === id);
      await hers.over;
      assert.deepEqual(hers.events, []);
      await his.close();
    });

    test('a room one does not want to hear of is still heard of when one is let go, and when it is gone', async () => {
      const { id: room } = await alice.post('/rooms', { name: 'Attic' }, 201);
      const { id: other } = await alice.post('/rooms', { name: 'Roof' }, 201);
      const socket = await connect(url, bob);
      for (const id of [room, other]) {
        await socket.ask('join_room', { room_id: id }, 'room_joined');
        await socket.ask('leave_room', { room_id: id }, 'room_left');
        await say(id, 'unheard');
      }
      await alice.put(`/rooms/${room}/bans/${bob.id}`, {}, 200);
      await alice.delete(`/rooms/${other}`, 204);
      await socket.next('user_banned', ({ user_id, room_id }) => user_id === bob.id && room_id === room);
      await socket.next('room_deleted', ({ id }) => id === other);
      assert.deepEqual(
        socket.of('room_message').filter(({ room_id }) => [room, other].includes(room_id)),
        [],
      );
      await socket.close();
    });
  });
