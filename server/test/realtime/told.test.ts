import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { serverFrames } from '../../src/realtime/server_frames.ts';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { settled } from '../harness/settled.ts';
import { toThisMachine } from '../webhooks/receiver.ts';
import { type Client, connect, listen, logged } from './socket.ts';

type Names = 'owner' | 'bob' | 'carol' | 'eve' | 'admin';
interface World {
  readonly people: Record<Names, Person>;
  readonly room: number;
  readonly dm: number;
  /** A message of bob's in the room. */
  readonly said: number;
}
interface Happening {
  /** What is done, as a frame is told of it. */
  readonly act: (world: World) => Promise<unknown>;
  readonly heardBy: readonly Names[];
  /** Of several of a type, those that are meant. */
  readonly fits?: (data: { name?: string; room_id?: number }) => boolean;
}

const path = ({ room }: World) => `/rooms/${room}`;
const member = (world: World, person: Names) => `${path(world)}/members/${world.people[person].id}`;
const inRoom = ['owner', 'bob', 'carol'] as const;

/** Owner, bob and carol are in the room, eve in none; owner and bob have a conversation. Each builds on those before. */
const happenings: Readonly<Record<string, Happening>> = {
  room_message: { act: (w) => w.people.bob.post(`${path(w)}/messages`, { content: 'hi' }, 201), heardBy: inRoom },
  dm_message: {
    act: (w) => w.people.bob.post(`/conversations/${w.dm}/messages`, { content: 'psst' }, 201),
    heardBy: ['owner', 'bob'],
  },
  message_updated: { act: (w) => w.people.bob.put(`/messages/${w.said}`, { content: 'new' }, 200), heardBy: inRoom },
  reaction_added: {
    act: (w) => w.people.carol.post(`/messages/${w.said}/reactions`, { emoji: '👍' }, 201),
    heardBy: inRoom,
  },
  reaction_removed: {
    act: (w) => w.people.carol.delete(`/messages/${w.said}/reactions/${encodeURIComponent('👍')}`, 204),
    heardBy: inRoom,
  },
  message_pinned: { act: (w) => w.people.owner.post(`/messages/${w.said}/pin`, {}, 200), heardBy: inRoom },
  message_unpinned: {
    act: (w) => w.people.owner.post(`/messages/${w.said}/pin`, { pinned: false }, 200),
    heardBy: inRoom,
  },
  message_deleted: { act: (w) => w.people.bob.delete(`/messages/${w.said}`, 204), heardBy: inRoom },
  read_updated: { act: (w) => w.people.carol.post(`${path(w)}/read`, {}, 200), heardBy: ['carol'] },
  room_updated: { act: (w) => w.people.owner.put(path(w), { topic: 'tea' }, 200), heardBy: inRoom },
  member_role_changed: {
    act: (w) => w.people.owner.put(member(w, 'bob'), { role: 'moderator' }, 200),
    heardBy: inRoom,
  },
  member_muted: { act: (w) => w.people.owner.put(`${path(w)}/mutes/${w.people.carol.id}`, {}, 200), heardBy: inRoom },
  member_unmuted: {
    act: (w) => w.people.owner.delete(`${path(w)}/mutes/${w.people.carol.id}`, 204),
    heardBy: inRoom,
  },
  file_uploaded: {
    act: (w) => w.people.bob.upload({ name: 'a.txt', content: 'a', fields: { room_id: w.room } }, 201),
    heardBy: inRoom,
    fits: (data) => data.room_id !== null,
  },
  file_deleted: {
    act: async (w) => {
      const { file_id } = await w.people.bob.upload({ name: 'mine.txt', content: 'mine' }, 201);
      await w.people.bob.delete(`/files/${file_id}`, 204);
    },
    heardBy: ['bob'],
  },
  conversation_updated: {
    act: (w) => w.people.bob.post(`/conversations/${w.dm}/block`, { blocked: true }, 200),
    heardBy: ['owner', 'bob'],
  },
  dm_created: {
    act: (w) => w.people.bob.post('/conversations', { user_id: w.people.carol.id }, 201),
    heardBy: ['bob', 'carol'],
  },
  room_created: {
    act: (w) => w.people.carol.post('/rooms', { name: 'Mine' }, 201),
    heardBy: ['carol'],
    fits: ({ name }) => name === 'Mine',
  },
  user_left: { act: (w) => w.people.owner.delete(member(w, 'carol'), 204), heardBy: inRoom },
  user_joined: {
    act: (w) => w.people.owner.post(`${path(w)}/members`, { user_id: w.people.carol.id }, 201),
    heardBy: inRoom,
  },
  user_banned: { act: (w) => w.people.owner.put(`${path(w)}/bans/${w.people.carol.id}`, {}, 200), heardBy: inRoom },
  user_unbanned: {
    act: (w) => w.people.owner.delete(`${path(w)}/bans/${w.people.carol.id}`, 204),
    heardBy: ['owner', 'bob'],
  },
  user_updated: {
    act: (w) => w.people.bob.put('/users/me', { display_name: 'Robert' }, 200),
    heardBy: ['owner', 'bob', 'carol', 'admin'],
  },
  webhook_disabled: {
    act: async ({ people: { carol, eve } }) => {
      const { id } = await carol.post('/rooms', { name: 'Handed on' }, 201);
      await carol.post('/webhooks', { url: 'http://127.0.0.1:9/', events: ['*'], room_id: id }, 201);
      await carol.post(`/rooms/${id}/members`, { user_id: eve.id }, 201);
      await carol.put(`/rooms/${id}/members/${eve.id}`, { role: 'owner' }, 200);
    },
    heardBy: ['carol', 'admin'],
  },
  room_deleted: { act: (w) => w.people.owner.delete(path(w), 204), heardBy: ['owner', 'bob'] },
};
/** Told of elsewhere: who signs up. */
const elsewhere = ['user_created'];

test('every frame of the log is made to happen', () => {
  const durable = Object.entries(serverFrames).filter(([, { isDurable }]) => isDurable);
  assert.deepEqual(
    durable.map(([type]) => type).filter((type) => !happenings[type] && !elsewhere.includes(type)),
    [],
  );
});

for (const engine of engines)
  for (const isPublic of [true, false])
    describe(`who hears what of a ${isPublic ? 'public' : 'private'} room on ${engine}`, () => {
      let app: TestApp;
      let world: World;
      const sockets = new Map<Client, Names>();
      before(async () => {
        // Without a room that everybody is in.
        app = await createTestApp(engine, { ...toThisMachine, WEBHOOK_DELIVERY: 'off', DEFAULT_ROOMS: ',' });
        const url = await listen(app);
        const [owner, bob, carol, eve] = (await Promise.all(
          ['owner', 'bob', 'carol', 'eve'].map((name) => app.register(`the_${name}`)),
        )) as [Person, Person, Person, Person];
        const people = { owner, bob, carol, eve, admin: app.admin };
        const { id: room } = await owner.post('/rooms', { name: 'Kitchen', is_public: isPublic }, 201);
        for (const { id } of [bob, carol]) await owner.post(`/rooms/${room}/members`, { user_id: id }, 201);
        const { id: dm } = await owner.post('/conversations', { user_id: bob.id }, 201);
        const { id: said } = await bob.post(`/rooms/${room}/messages`, { content: 'old words' }, 201);
        world = { people, room, dm, said };
        // Or the sockets would hear of what was before them.
        await settled(app);
        for (const name of ['owner', 'bob', 'bob', 'carol', 'eve', 'admin'] as const)
          sockets.set(await connect(url, people[name]), name);
      });
      after(async () => {
        await Promise.all([...sockets.keys()].map((client) => client.close()));
        await app.close();
      });

      for (const [type, { act, heardBy, fits = () => true }] of Object.entries(happenings))
        test(`${type} is heard by ${heardBy.join(', ')}, and by nobody else`, async () => {
          const seen = new Map([...sockets.keys()].map((client) => [client, logged(client).length]));
          await act(world);
          const fresh = (client: Client) => logged(client).slice(seen.get(client));
          const isMeant = (frame: { type: string; data: never }) => frame.type === type && fits(frame.data);
          for (const [client, name] of sockets)
            if ((heardBy as readonly string[]).includes(name))
              await client.next(type, (data) => fresh(client).some((frame) => frame.data === data) && fits(data));
          // Whoever hears nothing has had the time to: another event has come after it.
          const { id } = await world.people.eve.post('/rooms', { name: 'After' }, 201);
          await world.people.eve.post(`/rooms/${id}/members`, { user_id: world.people.eve.id }, 409);
          const after = [...sockets].find(([, name]) => name === 'eve')?.[0] as Client;
          await after.next('room_created', (data) => data.id === id);
          for (const [client, name] of sockets) {
            await client.ask('ping', {}, 'pong');
            const count = fresh(client).filter((frame) => isMeant(frame as never)).length;
            assert.equal(count, (heardBy as readonly string[]).includes(name) ? 1 : 0, `${name} ${type}`);
          }
        });
    });
