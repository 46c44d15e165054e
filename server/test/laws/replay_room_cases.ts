import type { Case } from './replay_cases.ts';
import type { World } from './replay_world.ts';

const inHall = ({ made }: World) => ({ room_id: made.hall as number });
const about = (world: World, user_id: number) => ({ ...inHall(world), user_id });
const change = (world: World, body: object) =>
  world.call(world.alice, 'PUT /rooms/{room_id}', inHall(world), body, 200);

export const roomCases: readonly Case[] = [
  [
    'people join a public room',
    async (world) => {
      const { call, alice, bob, carol, made } = world;
      made.hall = (await call(alice, 'POST /rooms', {}, { name: 'Hall', topic: 'all of it' }, 201)).id;
      for (const who of [carol, bob]) await call(who, 'POST /rooms/{room_id}/join', inHall(world), {}, 201);
      await call(carol, 'POST /rooms/{room_id}/messages', inHall(world), { content: 'here I am' }, 201);
    },
  ],
  [
    'another role',
    (world) =>
      world.call(
        world.alice,
        'PUT /rooms/{room_id}/members/{user_id}',
        about(world, world.bob.id),
        { role: 'moderator' },
        200,
      ),
  ],
  [
    'other settings',
    (world) =>
      change(world, { name: 'Great Hall', description: 'of\nmirrors', slow_mode_seconds: 1, metadata: { a: 1 } }),
  ],
  ['a room becomes read-only', (world) => change(world, { is_archived: true })],
  ['a room is open again, and private', (world) => change(world, { is_archived: false, is_public: false })],
  ['a room is public again', (world) => change(world, { is_public: true, slow_mode_seconds: 0, topic: null })],
  [
    'a mute',
    (world) => world.call(world.bob, 'PUT /rooms/{room_id}/mutes/{user_id}', about(world, world.carol.id), {}, 200),
  ],
  [
    'a mute is lifted',
    (world) =>
      world.call(world.bob, 'DELETE /rooms/{room_id}/mutes/{user_id}', about(world, world.carol.id), undefined, 204),
  ],
  [
    'a room is handed over',
    (world) =>
      world.call(
        world.alice,
        'PUT /rooms/{room_id}/members/{user_id}',
        about(world, world.bob.id),
        { role: 'owner' },
        200,
      ),
  ],
  [
    'and given back, to one who is muted',
    async (world) => {
      const { call, alice, bob } = world;
      const member = 'PUT /rooms/{room_id}/members/{user_id}';
      await call(bob, member, about(world, alice.id), { role: 'member' }, 200);
      await call(bob, 'PUT /rooms/{room_id}/mutes/{user_id}', about(world, alice.id), {}, 200);
      await call(bob, member, about(world, alice.id), { role: 'owner' }, 200);
    },
  ],
  ['somebody leaves', (world) => world.call(world.carol, 'POST /rooms/{room_id}/leave', inHall(world), {}, 204)],
  [
    'who has left has another name',
    (world) => world.call(world.carol, 'PUT /users/me', {}, { username: 'caroline', display_name: 'Caroline' }, 200),
  ],
  ['one leaves oneself', (world) => world.call(world.bob, 'POST /rooms/{room_id}/leave', inHall(world), {}, 204)],
  [
    'one comes back, to what was said meanwhile',
    async (world) => {
      const { call, alice, bob } = world;
      await call(alice, 'POST /rooms/{room_id}/messages', inHall(world), { content: 'where is @bob?' }, 201);
      await call(bob, 'POST /rooms/{room_id}/join', inHall(world), {}, 201);
      await call(alice, 'POST /rooms/{room_id}/messages', inHall(world), { content: 'there is @bob' }, 201);
    },
  ],
  [
    'somebody comes and is removed',
    async (world) => {
      const { call, alice, dave } = world;
      await call(dave, 'POST /rooms/{room_id}/join', inHall(world), {}, 201);
      const path = 'DELETE /rooms/{room_id}/members/{user_id}';
      await call(alice, path, about(world, dave.id), undefined, 204);
    },
  ],
  [
    'one is removed oneself',
    (world) =>
      world.call(world.alice, 'DELETE /rooms/{room_id}/members/{user_id}', about(world, world.bob.id), undefined, 204),
  ],
  [
    'a ban of one who is not there',
    (world) => world.call(world.alice, 'PUT /rooms/{room_id}/bans/{user_id}', about(world, world.bob.id), {}, 200),
  ],
  [
    'the ban is lifted, and one comes back',
    async (world) => {
      const { call, alice, bob } = world;
      await call(alice, 'DELETE /rooms/{room_id}/bans/{user_id}', about(world, bob.id), undefined, 204);
      await call(bob, 'POST /rooms/{room_id}/join', inHall(world), {}, 201);
    },
  ],
  [
    'a ban of one who is there',
    async (world) => {
      const { call, alice, carol } = world;
      await call(carol, 'POST /rooms/{room_id}/join', inHall(world), {}, 201);
      const body = { reason: 'enough', until: '2199-01-01T00:00:00.000Z' };
      await call(alice, 'PUT /rooms/{room_id}/bans/{user_id}', about(world, carol.id), body, 200);
    },
  ],
  [
    'a room nobody else is in comes and goes',
    async ({ call, bob }) => {
      const { id } = await call(bob, 'POST /rooms', {}, { name: 'passing' }, 201);
      await call(bob, 'POST /rooms/{room_id}/messages', { room_id: id }, { content: 'to nobody' }, 201);
      await call(bob, 'DELETE /rooms/{room_id}', { room_id: id }, undefined, 204);
    },
  ],
  ['an admin looks into a private room', ({ admin, made }) => admin.get(`/rooms/${made.kitchen}/messages`, 200)],
  [
    'a room with messages is deleted',
    (world) => world.call(world.alice, 'DELETE /rooms/{room_id}', inHall(world), undefined, 204),
  ],
];
