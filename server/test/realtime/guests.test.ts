import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { type Client, connect, listen } from './socket.ts';
import { openStream } from './stream.ts';

for (const engine of engines)
  describe(`guests on ${engine}`, () => {
    let app: TestApp;
    let url: string;
    let owner: Person;
    let guest: Person;
    let inside: Client;
    before(async () => {
      app = await createTestApp(engine);
      url = await listen(app);
      [owner, guest] = [await app.register('owner'), await app.registerAs('guest', 'visitor')];
      inside = await connect(url, owner);
    });
    after(async () => {
      await inside.close();
      await app.close();
    });
    const makeRoom = async (): Promise<number> => (await owner.post('/rooms', { name: 'Hall' }, 201)).id;
    const say = (room: number, content: string) => owner.post(`/rooms/${room}/messages`, { content }, 201);
    /** Says something that the owner has heard: what came before it has been told to all. */
    async function settle(client: Client, room: number): Promise<void> {
      const { id } = await say(room, 'settled');
      await inside.next('room_message', (message) => message.id === id);
      await client.ask('ping', {}, 'pong');
    }

    test('a guest hears of a public room he looks into, without joining it, until he leaves', async () => {
      const room = await makeRoom();
      const client = await connect(url, guest);
      await settle(client, room);
      assert.deepEqual(client.of('room_message'), []);
      const joined = await app.unchanged(() => client.ask('join_room', { room_id: room }, 'room_joined'));
      assert.deepEqual([joined.user_role, joined.member_count, joined.is_public], ['guest', 1, true]);
      const heard = await say(room, 'come in');
      await client.next('room_message', ({ id }) => id === heard.id);
      await client.ask('leave_room', { room_id: room }, 'room_left');
      await settle(client, room);
      assert.equal(client.of('room_message').length, 1);
      await client.close();
    });

    test('banned, he is told so and hears nothing more', async () => {
      const room = await makeRoom();
      const [client, other] = [await connect(url, guest), await connect(url, guest)];
      for (const one of [client, other]) await one.ask('join_room', { room_id: room }, 'room_joined');
      const stream = await openStream(url, guest, `?room_id=${room}`);
      await owner.put(`/rooms/${room}/bans/${guest.id}`, {}, 200);
      await settle(client, room);
      for (const one of [client, other]) {
        await one.next('user_banned', ({ room_id }) => room_id === room);
        assert.deepEqual(one.of('room_message'), []);
        assert.equal((await one.ask('join_room', { room_id: room }, 'error')).code, 'PERMISSION_DENIED');
        await one.close();
      }
      await stream.over;
      assert.ok(stream.events.every(({ event }) => event !== 'message_sent'));
    });

    test('when the room is closed to strangers he hears nothing more', async () => {
      const room = await makeRoom();
      const client = await connect(url, guest);
      await client.ask('join_room', { room_id: room }, 'room_joined');
      const stream = await openStream(url, guest, `?room_id=${room}`);
      await owner.put(`/rooms/${room}`, { is_public: false, topic: 'secret' }, 200);
      await settle(client, room);
      assert.deepEqual(client.of('room_message', 'room_updated'), []);
      assert.equal((await client.ask('join_room', { room_id: room }, 'error')).code, 'ROOM_NOT_FOUND');
      await stream.over;
      assert.ok(stream.events.every(({ event }) => event === 'room_created'));
      await client.close();
    });

    test('of a room that is deleted he hears that', async () => {
      const room = await makeRoom();
      const client = await connect(url, guest);
      await client.ask('join_room', { room_id: room }, 'room_joined');
      await owner.delete(`/rooms/${room}`, 204);
      await client.next('room_deleted', ({ room_id }) => room_id === room);
      await client.close();
    });

    test('nobody’s conversations are a guest’s: neither those he had, nor new ones', async () => {
      const former = await app.register('former');
      const { id: old } = await owner.post('/conversations', { user_id: former.id }, 201);
      const before = await connect(url, former);
      await app.admin.patch(`/admin/users/${former.id}`, { role: 'guest' }, 200);
      assert.equal(await before.closed(), 1012);
      const { next_cursor: cursor } = await former.get('/events', 200);
      const client = await connect(url, former);
      const { id: fresh } = await owner.post('/conversations', { user_id: guest.id }, 201);
      const visiting = await connect(url, guest);
      for (const id of [old, fresh]) await owner.post(`/conversations/${id}/messages`, { content: 'psst' }, 201);
      await inside.next('dm_message', ({ conversation_id }) => conversation_id === fresh);
      const again = await connect(url, former, cursor);
      for (const one of [client, visiting, again]) {
        await one.ask('ping', {}, 'pong');
        assert.deepEqual(one.of('dm_message', 'dm_created'), []);
        const refusal = await one.ask('send_dm', { conversation_id: old, content: 'hm' }, 'error');
        assert.equal(refusal.code, 'CONVERSATION_NOT_FOUND');
        await one.close();
      }
      assert.ok(!JSON.stringify(await former.get('/events?after=0', 200)).includes('psst'));
    });

    test('a conversation opened with a guest who is here is not told to him', async () => {
      const here = await app.registerAs('guest', 'tourist');
      const client = await connect(url, here);
      const { id } = await owner.post('/conversations', { user_id: here.id }, 201);
      await owner.post(`/conversations/${id}/messages`, { content: 'psst' }, 201);
      await inside.next('dm_message', ({ conversation_id }) => conversation_id === id);
      await client.ask('ping', {}, 'pong');
      assert.deepEqual(client.of('dm_message', 'dm_created'), []);
      await client.close();
    });

    test('leaving a room with one socket silences that one only', async () => {
      const room = await makeRoom();
      const bob = await app.register('bob');
      await bob.post(`/rooms/${room}/join`, {}, 201);
      const [silent, other] = [await connect(url, bob), await connect(url, bob)];
      await silent.ask('leave_room', { room_id: room }, 'room_left');
      const { id } = await say(room, 'anybody?');
      await owner.post(`/rooms/${room}/typing`, {}, 200);
      await other.next('room_message', (message) => message.id === id);
      await other.next('typing_start', ({ room_id }) => room_id === room);
      await silent.ask('ping', {}, 'pong');
      assert.deepEqual(silent.of('room_message', 'typing_start'), []);
      await silent.ask('join_room', { room_id: room }, 'room_joined');
      const again = await say(room, 'ah');
      await silent.next('room_message', (message) => message.id === again.id);
      const dm = await owner.post('/conversations', { user_id: bob.id }, 201);
      assert.equal((await silent.ask('leave_room', { room_id: dm.id }, 'error')).code, 'ROOM_NOT_FOUND');
      await Promise.all([silent.close(), other.close()]);
    });
  });
