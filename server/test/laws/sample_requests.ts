import type { Route } from '../../src/http/route.ts';
import { passwordOf, type TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';

/** What the paths and bodies below speak of: things of the admin, who may do everything to them. */
export interface Things {
  readonly room_id: number;
  readonly conversation_id: number;
  readonly message_id: number;
  /** In the conversation; the other one is in the room. */
  readonly direct_message_id: number;
  /** A member of the room. */
  readonly user_id: number;
  readonly session_id: string;
  /** On the message, put there by the admin; as it stands in a path. */
  readonly emoji: string;
  readonly webhook_id: number;
  readonly delivery_id: number;
  /** In the room. */
  readonly file_id: number;
}

type Body = Readonly<Record<string, unknown>>;

const profile = { username: 'sam', email: 'sam@example.com', display_name: 'Sam' };
const settings = {
  name: 'A room',
  description: 'What it is for',
  topic: 'What it is about',
  is_public: true,
  max_members: 20,
  slow_mode_seconds: 0,
  metadata: { colour: 'blue' },
};
const send = ({ message_id }: Things): Body => ({
  content: 'words',
  parent_message_id: message_id,
  metadata: { source: 'api' },
  file_ids: [],
});
const mark = ({ message_id }: Things): Body => ({ message_id, unread: false });

/** A body for each route that takes one, with every field it knows. */
const bodies: Readonly<Record<string, (things: Things) => Body>> = {
  'POST /auth/login': () => ({ username: 'admin', password: passwordOf('admin') }),
  'POST /auth/refresh': () => ({ refresh_token: 'no such token' }),
  'POST /auth/register': () => ({ ...profile, password: passwordOf('sam') }),
  'PUT /auth/password': () => ({ current_password: passwordOf('admin'), new_password: passwordOf('admin') }),
  'PUT /users/me': () => ({
    ...{ username: 'admin', email: 'admin@localhost', display_name: 'The admin' },
    ...{ avatar_url: 'https://example.com/me.png', status_message: 'here' },
  }),
  'POST /rooms': () => ({ ...settings, auto_join: false }),
  'PUT /rooms/{room_id}': () => ({ ...settings, auto_join: false, is_archived: false }),
  'POST /rooms/{room_id}/members': ({ user_id }) => ({ user_id, role: 'member' }),
  'PUT /rooms/{room_id}/members/{user_id}': () => ({ role: 'member' }),
  'PUT /rooms/{room_id}/bans/{user_id}': () => ({ reason: 'spam', until: '2100-01-01T00:00:00.000Z' }),
  'PUT /rooms/{room_id}/mutes/{user_id}': () => ({ until: '2100-01-01T00:00:00.000Z' }),
  'POST /rooms/{room_id}/messages': send,
  'POST /conversations/{conversation_id}/messages': (things) => ({ ...send(things), parent_message_id: null }),
  'PUT /messages/{message_id}': () => ({ content: 'other words', edit_reason: 'a typo' }),
  'DELETE /messages/{message_id}': () => ({ reason: 'taken back' }),
  'POST /messages/{message_id}/pin': () => ({ pinned: true }),
  'POST /messages/{message_id}/reactions': () => ({ emoji: '🎉' }),
  'POST /files/{file_id}/link': () => ({ expires_in: 60 }),
  'POST /rooms/{room_id}/read': mark,
  'POST /rooms/{room_id}/typing': () => ({ typing: true }),
  'POST /conversations/{conversation_id}/typing': () => ({ typing: true }),
  'POST /conversations/{conversation_id}/read': ({ direct_message_id }) => ({
    message_id: direct_message_id,
    unread: false,
  }),
  'POST /conversations': ({ user_id }) => ({ user_id }),
  'POST /conversations/{conversation_id}/block': () => ({ blocked: false }),
  'POST /webhooks': ({ room_id }) => ({
    ...{ url: 'https://receiver.invalid/', events: ['message_reported'] },
    ...{ secret: 'a secret of the admin', room_id },
  }),
  'PUT /webhooks/{webhook_id}': () => ({
    ...{ url: 'https://receiver.invalid/', events: ['message_reported'], active: true },
  }),
  'POST /webhooks/{webhook_id}/replay': () => ({ from: new Date().toISOString(), to: '2100-01-01T00:00:00.000Z' }),
  'POST /webhooks/{webhook_id}/secret/rotate': () => ({ secret: 'another of the admin' }),
  'PUT /admin/users/{user_id}': () => ({ role: 'user', suspended: false }),
};

/** A body the route takes; undefined for one that knows no field. */
export function sampleBody({ method, path, body }: Route, things: Things): Body | undefined {
  if (Object.keys(body?.properties ?? {}).length === 0) return undefined;
  const name = `${method.replace('PATCH', 'PUT')} ${path.replace('/api/v1', '')}`;
  const sample = bodies[name];
  if (!sample) throw new Error(`${name} takes a body, and there is no sample of one`);
  return sample(things);
}

export function pathOf({ path }: Pick<Route, 'path'>, things: Things): string {
  return path.replace(/\{(\w+)\}/g, (_, name: keyof Things) => `${things[name]}`);
}

/** A room with a member and a message, and a conversation, all of them an admin's. */
export async function createThings(app: TestApp, admin = app.admin, known?: Person): Promise<Things> {
  const member = known ?? (await app.register('the_member'));
  const room = await admin.post('/rooms', settings, 201);
  await admin.post(`/rooms/${room.id}/members`, { user_id: member.id }, 201);
  const message = await admin.post(`/rooms/${room.id}/messages`, { content: 'the first' }, 201);
  const { data: conversation } = await admin.request('POST', '/conversations', { body: { user_id: member.id } });
  const direct = await admin.post(`/conversations/${conversation.id}/messages`, { content: 'the first' }, 201);
  await admin.post(`/messages/${message.id}/reactions`, { emoji: '👍' }, 201);
  const file = await admin.upload({ name: 'a.txt', content: 'the first', fields: { room_id: room.id } }, 201);
  const { sessions } = await admin.get('/auth/sessions', 200);
  const hook = { url: 'https://receiver.invalid/', events: ['message_reported'], room_id: room.id };
  const webhook = await admin.post('/webhooks', hook, 201);
  await admin.post(`/webhooks/${webhook.id}/test`, {}, 200);
  const { deliveries } = await admin.get(`/webhooks/${webhook.id}/deliveries`, 200);
  return {
    room_id: room.id,
    conversation_id: conversation.id,
    message_id: message.id,
    direct_message_id: direct.id,
    user_id: member.id,
    session_id: sessions[0].id,
    emoji: encodeURIComponent('👍'),
    webhook_id: webhook.id,
    delivery_id: deliveries[0].id,
    file_id: file.file_id,
  };
}
