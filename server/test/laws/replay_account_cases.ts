import { setTimeout as sleep } from 'node:timers/promises';
import { passwordOf } from '../harness/app.ts';
import type { Case } from './replay_cases.ts';
import type { World } from './replay_world.ts';

const signUp = async ({ app, call }: World, username: string) => {
  const body = { username, email: `${username}@example.com`, password: passwordOf(username) };
  await call(app.stranger, 'POST /auth/register', {}, body, 201);
  return app.login(username);
};
const stand = ({ call, admin }: World, user_id: number, body: object) =>
  call(admin, 'PUT /admin/users/{user_id}', { user_id }, body, 200);

/** Something for a webhook to tell, and its newest delivery once it was attempted. */
async function told({ alice, made, call }: World, content: string) {
  await call(alice, 'POST /rooms/{room_id}/messages', { room_id: made.kitchen as number }, { content }, 201);
  for (;;) {
    const { deliveries } = await alice.get(`/webhooks/${made.hook}/deliveries`, 200);
    if (deliveries[0]?.attempts > 0) return deliveries[0];
    await sleep(5);
  }
}

export const accountCases: readonly Case[] = [
  ['somebody signs up', (world) => signUp(world, 'erin')],
  ['one changes one’s name', ({ call, bob }) => call(bob, 'PUT /users/me', {}, { username: 'robert' }, 200)],
  [
    'one changes the rest of one’s profile',
    ({ call, alice }) => {
      const body = { email: 'alice@elsewhere.example', display_name: 'Alice', status_message: 'away' };
      return call(alice, 'PUT /users/me', {}, { ...body, avatar_url: 'https://example.com/a.png' }, 200);
    },
  ],
  ['somebody is made a moderator of the server', (world) => stand(world, world.carol.id, { role: 'moderator' })],
  [
    'who owns a room is suspended, which passes it on',
    async (world) => {
      const { call, bob, dave, made } = world;
      made.cellar = (await call(dave, 'POST /rooms', {}, { name: 'Cellar' }, 201)).id;
      await call(bob, 'POST /rooms/{room_id}/join', { room_id: made.cellar as number }, {}, 201);
      await stand(world, dave.id, { suspended: true });
    },
  ],
  ['and restored', (world) => stand(world, world.dave.id, { suspended: false })],
  ['somebody becomes a guest', (world) => stand(world, world.dave.id, { role: 'guest' })],
  [
    'somebody signs in, out, and changes a password',
    async (world) => {
      const { app, call } = world;
      const body = { username: 'erin', password: passwordOf('erin') };
      await call(app.stranger, 'POST /auth/login', {}, body, 200);
      const [here, there] = [await app.login('erin'), await app.login('erin')];
      await call(app.stranger, 'POST /auth/refresh', {}, { refresh_token: here.refreshToken }, 200);
      const { sessions } = await here.get('/auth/sessions', 200);
      const { id } = sessions.find(({ current }: { current: boolean }) => !current);
      await call(here, 'DELETE /auth/sessions/{session_id}', { session_id: id }, undefined, 204);
      const change = { current_password: passwordOf('erin'), new_password: 'another password' };
      await call(here, 'PUT /auth/password', {}, change, 200);
      await call(here, 'POST /auth/logout', {}, {}, 204);
      await there.get('/users/me', 401);
    },
  ],
  [
    'a webhook is made, changed and tried',
    async (world) => {
      const { call, alice, made, receiver } = world;
      const body = { url: receiver.url, events: ['message_sent'], room_id: made.kitchen };
      made.hook = (await call(alice, 'POST /webhooks', {}, body, 201)).id;
      const of = { webhook_id: made.hook as number };
      await call(alice, 'PUT /webhooks/{webhook_id}', of, { events: ['*'] }, 200);
      await call(alice, 'POST /webhooks/{webhook_id}/test', of, {}, 200);
      await call(alice, 'POST /webhooks/{webhook_id}/secret/rotate', of, {}, 200);
      await call(alice, 'POST /webhooks/{webhook_id}/secret/promote', of, {}, 200);
      const { id } = await told(world, 'tell them');
      const redeliver = 'POST /webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver';
      await call(alice, redeliver, { ...of, delivery_id: id }, {}, 200);
      const from = new Date(Date.now() + 60_000).toISOString();
      await call(alice, 'POST /webhooks/{webhook_id}/replay', of, { from }, 422);
    },
  ],
  [
    'a webhook is not wanted any more',
    async (world) => {
      const { alice, made, receiver } = world;
      receiver.answer = (_, response) => response.writeHead(410).end();
      await told(world, 'nobody listens');
      while ((await alice.get(`/webhooks/${made.hook}`, 200)).active) await sleep(5);
    },
  ],
  [
    'and is deleted',
    ({ call, alice, made }) =>
      call(alice, 'DELETE /webhooks/{webhook_id}', { webhook_id: made.hook as number }, undefined, 204),
  ],
  [
    'the room of a conversation’s people is deleted, with all that was said',
    ({ call, alice, made }) =>
      call(alice, 'DELETE /rooms/{room_id}', { room_id: made.kitchen as number }, undefined, 204),
  ],
];
