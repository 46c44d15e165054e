import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { type Client, connect, listen, logged } from './socket.ts';
import { openStream, type Stream } from './stream.ts';

/** What ends somebody's stay, and who does it. */
const endings = {
  'is removed': [
    'user_left',
    (owner: Person, room: number, bob: Person) => owner.delete(`/rooms/${room}/members/${bob.id}`, 204),
  ],
  'is banned': [
    'user_banned',
    (owner: Person, room: number, bob: Person) => owner.put(`/rooms/${room}/bans/${bob.id}`, {}, 200),
  ],
  leaves: ['user_left', (_: Person, room: number, bob: Person) => bob.post(`/rooms/${room}/leave`, {}, 204)],
  'sees the room deleted': ['room_deleted', (owner: Person, room: number) => owner.delete(`/rooms/${room}`, 204)],
} as const;

for (const engine of engines)
  describe(`who goes hears of that and of nothing after it, on ${engine}`, () => {
    let app: TestApp;
    let url: string;
    let owner: Person;
    let bob: Person;
    let eve: Person;
    before(async () => {
      app = await createTestApp(engine);
      url = await listen(app);
      [owner, bob, eve] = [await app.register('owner'), await app.register('bob'), await app.register('eve')];
    });
    after(() => app.close());
    const say = (room: number, content: string) => owner.post(`/rooms/${room}/messages`, { content }, 201);

    for (const isPublic of [false, true])
      for (const [what, [type, end]] of Object.entries(endings))
        test(`bob ${what} (${isPublic ? 'public' : 'private'})`, async () => {
          const { id: room } = await owner.post('/rooms', { name: what, is_public: isPublic }, 201);
          await owner.post(`/rooms/${room}/members`, { user_id: bob.id }, 201);
          const { next_cursor: cursor } = await bob.get('/events', 200);
          const clients = [await connect(url, bob), await connect(url, bob)];
          const streams = [await openStream(url, bob), await openStream(url, bob, `?room_id=${room}`)];
          const stranger = await connect(url, eve);
          const edited = await say(room, 'old words');
          for (const client of clients) await client.next('room_message', ({ id }) => id === edited.id);
          await owner.put(`/messages/${edited.id}`, { content: 'secret: middle' }, 200);
          await end(owner, room, bob);
          if (type !== 'room_deleted') {
            await say(room, 'secret: after');
            await owner.put(`/messages/${edited.id}`, { content: 'secret: later' }, 200);
            await owner.put(`/rooms/${room}`, { topic: 'secret: topic' }, 200);
          }
          await mark(app, owner, bob);

          const isOfRoom = ({ data }: { data: { room_id?: number } }) => data.room_id === room;
          const untilMark = async (client: Client) => {
            await client.next('room_message', ({ content }) => content === 'the mark');
            return logged(client).filter(isOfRoom);
          };
          const resumed = await connect(url, bob, cursor);
          const told = [...(await Promise.all([...clients, resumed].map(untilMark)))];
          for (const frames of told) {
            assert.equal(frames.at(-1)?.type, type);
            assert.equal(frames.filter((frame) => frame.type === type).length, 1);
          }
          const last = told.at(-1) ?? [];
          assert.deepEqual(
            last.map((frame) => frame.type),
            [type],
            'to be told later, there is the end alone',
          );
          const page = await bob.get(`/events?after=${cursor}`, 200);
          const ofRoom = page.events.filter((event: { room_id?: number }) => event.room_id === room);
          assert.deepEqual(
            ofRoom.map((event: { type: string }) => event.type),
            [type],
          );
          const own = await bob.get(`/events?after=${cursor}&room_id=${room}`, 200);
          assert.ok(own.events.some((event: { type: string }) => event.type === type));
          const [all, one] = streams as [Stream, Stream];
          await all.next(({ data }) => data.data.content === 'the mark');
          await one.over;
          for (const { events } of streams) {
            const heard = events.filter(({ data }) => data.room_id === room);
            assert.equal(heard.at(-1)?.event, type);
          }
          const later = [resumed, ...clients].map(({ frames }) => JSON.stringify(frames)).join();
          const overHttp = JSON.stringify([page, ...(isPublic ? [] : [own]), all.events]);
          assert.ok(!/secret: (after|later|topic)/.test(later + overHttp), 'nothing of after the end');
          assert.deepEqual(logged(stranger).filter(isOfRoom), []);
          await all.close();
          await Promise.all([...clients, resumed, stranger].map((client) => client.close()));
        });

    test('who comes back hears of what comes, and of what was', async () => {
      const { id: room } = await owner.post('/rooms', { name: 'Again', is_public: true }, 201);
      const client = await connect(url, bob);
      await client.ask('join_room', { room_id: room }, 'room_joined');
      await client.ask('leave_room', { room_id: room, leave: true }, 'room_left');
      await client.next('user_left', (data) => data.room_id === room);
      await bob.post(`/rooms/${room}/join`, {}, 201);
      const { id } = await say(room, 'welcome back');
      await client.next('room_message', (message) => message.id === id);
      await client.close();
    });

    test('a ban of somebody who never was in a private room tells him nothing of it', async () => {
      const { id: room } = await owner.post('/rooms', { name: 'Hidden', is_public: false }, 201);
      const { next_cursor: cursor } = await eve.get('/events', 200);
      const [live, inside] = [await connect(url, eve), await connect(url, owner)];
      await owner.put(`/rooms/${room}/bans/${eve.id}`, {}, 200);
      await owner.delete(`/rooms/${room}/bans/${eve.id}`, 204);
      await inside.next('user_unbanned', (data) => data.room_id === room);
      await mark(app, owner, eve);
      const resumed = await connect(url, eve, cursor);
      for (const client of [live, resumed]) {
        await client.next('room_message', ({ content }) => content === 'the mark');
        assert.ok(!JSON.stringify(client.frames).includes(`"room_id":${room},`));
      }
      const { events } = await eve.get(`/events?after=${cursor}`, 200);
      assert.ok(!JSON.stringify(events).includes(`"room_id":${room},`));
      await eve.get(`/events?after=${cursor}&room_id=${room}`, 404);
      await Promise.all([live, inside, resumed].map((client) => client.close()));
    });
  });

/** Something both hear of, last of all. */
async function mark(app: TestApp, owner: Person, bob: Person): Promise<void> {
  const { id } = await owner.post('/rooms', { name: 'The mark' }, 201);
  await owner.post(`/rooms/${id}/members`, { user_id: bob.id }, 201);
  await owner.post(`/rooms/${id}/messages`, { content: 'the mark' }, 201);
  assert.ok(app.engine);
}
