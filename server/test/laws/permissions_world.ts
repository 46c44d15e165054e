import assert from 'node:assert/strict';
import { passwordOf, type TestApp } from '../harness/app.ts';
import { formOf } from '../harness/form.ts';
import type { Person } from '../harness/people.ts';

/** Everybody the table knows, made once: signing up costs a password hash. */
export type People = Awaited<ReturnType<typeof createPeople>>;

export async function createPeople(app: TestApp) {
  const names = ['owner', 'moderator', 'member', 'muted', 'banned', 'plain', 'guest', 'suspended', 'other', 'server'];
  const [owner, moderator, member, muted, banned, plain, guest, suspended, other, server] = (await Promise.all(
    names.map((name) => app.register(`the_${name}`)),
  )) as [Person, Person, Person, Person, Person, Person, Person, Person, Person, Person];
  await app.admin.patch(`/admin/users/${server.id}`, { role: 'moderator' }, 200);
  await app.admin.patch(`/admin/users/${suspended.id}`, { suspended: true }, 200);
  const { admin, stranger } = app;
  return { admin, stranger, owner, moderator, member, muted, banned, plain, guest, suspended, other, server };
}

/** Whose token goes with which column. */
export function actorOf(people: People, actor: string): Person {
  const byColumn: Record<string, Person> = {
    ...{ AN: people.stranger, GU: people.guest, NP: people.plain, NX: people.plain, US: people.plain },
    ...{ BP: people.banned, BX: people.banned, MB: people.member, MU: people.muted, RM: people.moderator },
    ...{ OW: people.owner, SP: people.server, SX: people.server, SM: people.server, TM: people.server },
    ...{ AD: people.admin, SU: people.suspended, TH: people.plain },
    ...{ P1: people.member, PB: people.muted, PK: people.banned },
  };
  const found = byColumn[actor];
  if (!found) throw new Error(`No such column: ${actor}`);
  return found;
}

const THUMB = encodeURIComponent('👍');

export type Visibility = 'public' | 'private';

/** The rooms a column speaks of; where it does not say, both kinds. */
export function visibilitiesOf(actor: string): readonly Visibility[] {
  if (['GU', 'NP', 'BP', 'SP'].includes(actor)) return ['public'];
  return ['NX', 'BX', 'SX'].includes(actor) ? ['private'] : ['public', 'private'];
}

/** What a request names in its path and its body. */
export interface Situation {
  readonly ids: Readonly<Record<string, number | string>>;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
  /** Whose request it is, where it is not the column's usual session. */
  readonly who?: Person;
}

/** A room of its own for one cell, in which the actor stands as the column says. */
export async function roomSituation(
  people: People,
  row: { method: string; path: string; what: string },
  actor: string,
  visibility: Visibility,
): Promise<Situation> {
  const { owner } = people;
  const who = actorOf(people, actor);
  const room = await owner.post('/rooms', { name: row.what, is_public: visibility === 'public' }, 201);
  const path = `/rooms/${room.id}`;
  const put = (person: Person, role = 'member') =>
    owner.post(`${path}/members`, { user_id: person.id, role }, 201).then(() => person);
  const say = (person: Person) => person.post(`${path}/messages`, { content: 'words' }, 201);
  const react = (person: Person, message: { id: number } | undefined) =>
    person.post(`/messages/${message?.id}/reactions`, { emoji: '👍' }, 201);
  const ban = (person: Person) => owner.put(`${path}/bans/${person.id}`, {}, 200);
  const mute = (person: Person) => owner.put(`${path}/mutes/${person.id}`, {}, 200);

  const share = (person: Person) => uploadTo(person, { room_id: room.id });
  // Of a reaction SP and AD have never been members.
  const isMine =
    (/^my (message|file)$/.test(row.what) || (row.what === 'my reaction' && !['SP', 'AD'].includes(actor))) &&
    who.id !== 0;
  let message = isMine ? { id: 0 } : undefined;
  if (actor === 'RM') await put(who, 'moderator');
  else if (actor !== 'OW' && (isMine || actor === 'MB' || actor === 'MU')) await put(who);
  if (isMine) message = row.what === 'my file' ? await share(who) : await say(row.what === 'my reaction' ? owner : who);
  if (isMine && row.what === 'my reaction') await react(who, message as { id: number });
  if (isMine && !['MB', 'MU', 'RM', 'OW'].includes(actor)) await who.post(`${path}/leave`, {}, 204);
  if (actor === 'MU') await mute(who);
  if (actor === 'BP' || actor === 'BX') await ban(who);

  const ids: Record<string, number> = { room_id: room.id, user_id: people.other.id };
  const targets: Record<string, () => Promise<unknown>> = {
    self: async () => who,
    'the owner': async () => owner,
    'a member': () => put(people.other),
    'a moderator': () => put(people.other, 'moderator'),
    'member to': () => put(people.other),
    'moderator to': () => put(people.other, 'moderator'),
    'somebody banned': () => ban(people.other),
    'a muted member': () => put(people.other).then(mute),
    'a muted moderator': () => put(people.other, 'moderator').then(mute),
    "a member's message": () => put(people.other).then(say),
    "a moderator's message": () => put(people.other, 'moderator').then(say),
    "the owner's message": () => say(owner),
    'my message': async () => message ?? say(owner),
    'my reaction': async () => message ?? say(owner),
    "another's reaction": async () => {
      const liked = await put(people.other).then(say);
      await react(people.other, liked);
      return liked;
    },
    "a member's file": () => put(people.other).then(share),
    "a moderator's file": () => put(people.other, 'moderator').then(share),
    "the owner's file": () => share(owner),
    'my file': async () => message ?? share(owner),
    'a deleted file': async () => {
      const gone = await put(people.other).then(share);
      await people.other.delete(`/files/${gone.id}`, 204);
      return gone;
    },
    'a deleted message': async () => {
      const gone = await put(people.other).then(say);
      await people.other.delete(`/messages/${gone.id}`, 204);
      return gone;
    },
  };
  const name = Object.keys(targets).find((key) => row.what === key || row.what.startsWith(`${key} `));
  const target = name === undefined ? people.other : ((await targets[name]?.()) as { id: number });
  if (/self|the owner$/.test(row.what)) ids.user_id = target.id;
  if (/(message|reaction)$/.test(row.what)) ids.message_id = target.id;
  if (row.what.endsWith('file')) ids.file_id = target.id;
  if (row.what.startsWith('into')) return { ids, ...uploadOf(row.path.includes('?') ? {} : { room_id: room.id }) };
  if (row.what === "a room's webhook") Object.assign(ids, await webhookOf(owner, room.id));
  return {
    ids: { ...ids, emoji: THUMB },
    body: row.path === '/webhooks' ? webhookBody(room.id, row.what) : roomBody(row, ids.user_id as number),
  };
}

/** Nothing that happens in these tests is told to it. */
function webhookBody(room_id: number | null, what = '') {
  const events = what.endsWith('accounts') ? ['user_deleted'] : ['message_reported'];
  return { url: 'https://receiver.invalid/', events, room_id };
}

/** A webhook, and a delivery of it: a test, which nobody takes. */
async function webhookOf(manager: Person, roomId: number | null) {
  const { id } = await manager.post('/webhooks', webhookBody(roomId), 201);
  await manager.post(`/webhooks/${id}/test`, {}, 200);
  const { deliveries } = await manager.get(`/webhooks/${id}/deliveries`, 200);
  return { webhook_id: id as number, delivery_id: deliveries[0].id as number };
}

const uploadOf = (place: Record<string, number>) =>
  formOf([
    ...Object.entries(place).map(([name, id]) => ({ name, content: `${id}` })),
    { name: 'file', filename: 'words.txt', content: 'words' },
  ]);

/** A file as a thing with an id, like all others here. */
async function uploadTo(person: Person, fields: Record<string, number>): Promise<{ id: number }> {
  const { file_id } = await person.upload({ name: 'words.txt', content: 'words', fields }, 201);
  return { id: file_id };
}

function roomBody({ method, path, what }: { method: string; path: string; what: string }, userId: number): unknown {
  const role = /(?:to|as) (member|moderator|owner)$/.exec(what)?.[1] ?? 'member';
  switch (`${method} ${path}`) {
    case 'PUT /rooms/{room_id}':
      return what === 'automatic joins' ? { auto_join: true } : { topic: 'something else' };
    case 'POST /rooms/{room_id}/members':
      return { user_id: userId, role };
    case 'PUT /rooms/{room_id}/members/{user_id}':
      return { role };
    case 'POST /rooms/{room_id}/messages':
      return { content: 'hello' };
    case 'PUT /messages/{message_id}':
      return { content: 'other words' };
    case 'PUT /webhooks/{webhook_id}':
      return { active: false };
    case 'POST /webhooks/{webhook_id}/replay':
      return { from: new Date().toISOString() };
    case 'POST /messages/{message_id}/pin':
      return { pinned: true };
    case 'POST /messages/{message_id}/reactions':
      return { emoji: '👍' };
    default:
      return method === 'GET' || method === 'DELETE' ? undefined : {};
  }
}

/** The three conversations, each with the same other side, and a message of both sides for each cell; blocked at the end. */
export async function conversationSituations(
  people: People,
  cells: readonly { row: { method: string; path: string; what: string }; actor: string }[],
): Promise<Situation[]> {
  const peer = people.other;
  const sides = ['P1', 'PB', 'PK'];
  const opened = new Map<string, number>();
  for (const side of sides) {
    const { id } = await actorOf(people, side).post('/conversations', { user_id: peer.id }, 201);
    opened.set(side, id);
  }
  const situations = await Promise.all(
    cells.map(async ({ row, actor }): Promise<Situation> => {
      // Who is in none of them tries the first.
      const side = sides.includes(actor) ? actor : 'P1';
      const conversation_id = opened.get(side) as number;
      const author = row.what.startsWith('my ') ? actorOf(people, side) : peer;
      if (row.what.startsWith('into')) return { ids: {}, ...uploadOf({ conversation_id }) };
      if (row.what.endsWith('file')) {
        const file = await uploadTo(author, { conversation_id });
        return { ids: { file_id: file.id }, body: undefined };
      }
      const { id } = await author.post(`/conversations/${conversation_id}/messages`, { content: 'words' }, 201);
      const body = row.path.endsWith('/messages') && row.method === 'POST' ? { content: 'hello' } : roomBody(row, 0);
      if (row.path.endsWith('{emoji}'))
        await actorOf(people, side).post(`/messages/${id}/reactions`, { emoji: '👍' }, 201);
      return { ids: { conversation_id, message_id: id, emoji: THUMB }, body };
    }),
  );
  await peer.post(`/conversations/${opened.get('PB')}/block`, { blocked: true }, 200);
  await actorOf(people, 'PK').post(`/conversations/${opened.get('PK')}/block`, { blocked: true }, 200);
  return situations;
}

/** What an account asks for; a session of its own where the request ends one. */
export async function accountSituation(
  app: TestApp,
  people: People,
  row: { method: string; path: string; what: string },
  actor: string,
): Promise<Situation> {
  const who = actorOf(people, actor);
  const isHere = actor !== 'AN' && actor !== 'SU';
  const again = () => (isHere ? app.login(who.username) : Promise.resolve(who));
  const user_id = row.what === 'self' ? who.id : row.what === 'nobody' ? 999_999 : people.other.id;
  const password = passwordOf(who.username);
  if (row.path.includes('{webhook_id}')) {
    const ids = row.what === 'no webhook' ? { webhook_id: 999_999 } : await webhookOf(people.admin, null);
    return { ids, body: row.method === 'PUT' ? { active: false } : roomBody(row, 0) };
  }
  switch (`${row.method} ${row.path.split('?')[0]}`) {
    case 'POST /auth/login':
      return { ids: {}, body: { username: who.username || 'nobody', password }, who: people.stranger };
    case 'POST /auth/refresh':
      return { ids: {}, body: { refresh_token: (await again()).refreshToken }, who: people.stranger };
    case 'POST /auth/logout':
      return { ids: {}, body: {}, who: await again() };
    case 'DELETE /auth/sessions/{session_id}': {
      const owner = row.what === 'my session' && isHere ? await again() : people.owner;
      return { ids: { session_id: sessionOf(owner) }, body: undefined };
    }
    case 'PUT /auth/password': {
      const current_password = row.what === 'the right password' ? password : 'not the password';
      return { ids: {}, body: { current_password, new_password: password } };
    }
    case 'POST /rooms':
      return { ids: {}, body: { name: 'mine', ...(row.what === 'automatic joins' ? { auto_join: true } : {}) } };
    case 'POST /conversations': {
      const known = people.suspended.id;
      if (row.what === 'somebody known' && isHere && actor !== 'GU')
        await who.post('/conversations', { user_id: known }, 201);
      return { ids: {}, body: { user_id: row.what === 'somebody known' ? known : user_id } };
    }
    case 'POST /webhooks':
      return { ids: {}, body: webhookBody(null) };
    case 'POST /files/upload':
      return { ids: {}, ...uploadOf({}) };
    case 'GET /files/{file_id}':
    case 'GET /files/{file_id}/download':
    case 'GET /files/{file_id}/thumbnail':
    case 'POST /files/{file_id}/link':
    case 'DELETE /files/{file_id}': {
      const owner = row.what === 'my own file' && isHere ? who : people.owner;
      return { ids: { file_id: (await uploadTo(owner, {})).id }, body: undefined };
    }
    case 'PUT /users/me':
      return { ids: {}, body: row.what === 'a role' ? { role: 'admin' } : { status_message: `as ${actor}` } };
    case 'PUT /admin/users/{user_id}':
      return { ids: { user_id }, body: { role: 'user' } };
    default:
      return { ids: { user_id }, body: row.method === 'GET' || row.method === 'DELETE' ? undefined : {} };
  }
}

function sessionOf({ token }: Person): string {
  const [, claims = ''] = token.split('.');
  const { sid } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sid: string };
  assert.ok(sid);
  return sid;
}
