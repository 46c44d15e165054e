import type { App } from '../../src/app.ts';
import { ownCtx } from '../../src/context.ts';
import { forgetEvents } from '../../src/modules/events/forget.ts';
import { png } from '../files/samples.ts';
import { passwordOf } from '../harness/app.ts';
import { type Person, person } from '../harness/people.ts';
import type { Receiver } from '../webhooks/receiver.ts';
import { settledDelivery } from '../webhooks/receiver.ts';
import type { House } from './house.ts';

const DAY_MS = 86_400_000;
export const names = ['admin', 'alice', 'bob', 'carol', 'mallory'] as const;
export type Name = (typeof names)[number];
export type People = Readonly<Record<Name, Person>>;
/** What a test asks about by its id. */
export type Ids = Readonly<Record<'room' | 'secretRoom' | 'talk' | 'hook' | 'picture' | 'lastFile' | 'root', number>>;

export interface Life {
  readonly people: People;
  readonly ids: Ids;
  /** A place in the event log in the middle of what happened. */
  readonly cursor: string;
}

export async function login(app: App, name: string): Promise<Person> {
  const given = { username: name, password: passwordOf(name) };
  return person(app, await person(app, undefined).post('/auth/login', given, 200));
}

/** Something of everything that is stored. First what is so old that its events are forgotten; then the rest, while a webhook's receiver answers or fails. */
export async function live(house: House, receiver: Receiver): Promise<Life> {
  const app = await house.open();
  try {
    await longAgo(house, app);
    const people = await everybody(app);
    const ids = await roomsAndTalks(people, receiver);
    const cursor = (await people.alice.get('/events?after=0&limit=100', 200)).next_cursor as string;
    await whatIsSaid(people, ids, receiver);
    return { people, ids, cursor };
  } finally {
    await app.close();
  }
}

/** With a server that sends nothing: what is due then waits. */
export async function leaveThingsToDo(app: App, { people: before, ids }: Life, since: number): Promise<void> {
  const alice = person(app, { access_token: before.alice.token, user: before.alice });
  await alice.post(`/rooms/${ids.room}/messages`, { content: 'to be delivered later' }, 201);
  await alice.post(`/webhooks/${ids.hook}/replay`, { from: new Date(since).toISOString() }, 200);
}

async function longAgo(house: House, app: App): Promise<void> {
  for (const name of names.slice(1))
    await person(app, undefined).post(
      '/auth/register',
      { username: name, email: `${name}@example.com`, password: passwordOf(name), display_name: `Madame ${name}` },
      201,
    );
  const alice = await login(app, 'alice');
  const room = await alice.post('/rooms', { name: 'Old times' }, 201);
  await alice.post(`/rooms/${room.id}/messages`, { content: 'nobody remembers' }, 201);
  const gone = await alice.post('/rooms', { name: 'A room that went' }, 201);
  await alice.post(`/rooms/${gone.id}/messages`, { content: 'went with it' }, 201);
  await alice.delete(`/rooms/${gone.id}`, 204);
  house.clock.advance(8 * DAY_MS);
  await forgetEvents(ownCtx(app.deps, 'test'));
}

async function everybody(app: App): Promise<People> {
  const all: [Name, Person][] = [];
  for (const name of names) all.push([name, await login(app, name)]);
  return Object.fromEntries(all) as Record<Name, Person>;
}

async function roomsAndTalks({ alice, bob, carol, mallory }: People, receiver: Receiver): Promise<Ids> {
  const make = async (name: string, more: object) => (await alice.post('/rooms', { name, ...more }, 201)).id as number;
  const room = await make('Garden ünd “Café” 🌱', {
    topic: 'plants',
    metadata: { colour: 'green' },
    slow_mode_seconds: 0,
  });
  const secretRoom = await make('Behind the hedge', { is_public: false });
  for (const one of [bob, carol, mallory]) await one.post(`/rooms/${room}/join`, {}, 201);
  await alice.post(`/rooms/${secretRoom}/members`, { user_id: bob.id, role: 'moderator' }, 201);
  const talk = (await alice.post('/conversations', { user_id: bob.id }, 201)).id as number;
  const asked = { url: receiver.url, events: ['message_sent', 'user_joined'], room_id: room };
  const hook = (await alice.post('/webhooks', asked, 201)).id as number;
  await alice.post(`/webhooks/${hook}/secret/rotate`, {}, 200);
  return { room, secretRoom, talk, hook, picture: 0, lastFile: 0, root: 0 };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

async function whatIsSaid(people: People, ids: Writable<Ids>, receiver: Receiver): Promise<void> {
  const { alice, bob, carol, mallory } = people;
  const { room, secretRoom, talk, hook } = ids;
  const say = async (who: Person, content: string, more: object = {}) =>
    (await who.post(`/rooms/${room}/messages`, { content, ...more }, 201)).id as number;
  const root = await say(alice, 'a root that @bob and @carol read, “quoted” \\ and 日本語 🎉', {
    metadata: { client_id: 'c-1' },
  });
  await settledDelivery(alice, hook, 1);
  receiver.answer = (_, response) => response.writeHead(500).end('no\u0000 luck');
  const reply = await say(bob, 'a reply', { parent_message_id: root });
  await settledDelivery(alice, hook, 2);
  await alice.put(`/messages/${root}`, { content: 'a root, edited, @bob', edit_reason: 'a typo' }, 200);
  for (const [who, emoji] of [
    [bob, '👍'],
    [carol, '👍'],
    [alice, '🎉'],
  ] as const)
    await who.post(`/messages/${root}/reactions`, { emoji }, 201);
  await alice.post(`/messages/${root}/pin`, {}, 200);
  await carol.delete(`/messages/${await say(carol, 'words that go')}`, 204);
  const tombstone = await say(carol, 'a root that goes');
  await say(bob, 'and its reply stays', { parent_message_id: tombstone });
  await carol.delete(`/messages/${tombstone}`, 204);
  ids.picture = await shareFiles(people, room);
  ids.lastFile = (await bob.upload({ name: 'gone.txt', content: 'taken away again' }, 201)).file_id;
  await bob.delete(`/files/${ids.lastFile}`, 204);
  await alice.post(`/rooms/${secretRoom}/messages`, { content: 'hidden' }, 201, { 'idempotency-key': 'key-one' });
  await alice.post('/rooms', { name: 'Made once' }, 201, { 'idempotency-key': 'key-two' });
  await bob.post(`/conversations/${talk}/messages`, { content: 'between us' }, 201);
  await alice.post(`/conversations/${talk}/block`, {}, 200);
  await bob.post(`/rooms/${room}/read`, { message_id: reply }, 200);
  await alice.put(`/rooms/${room}/mutes/${carol.id}`, {}, 200);
  await alice.put(`/rooms/${room}/bans/${mallory.id}`, { reason: 'enough' }, 200);
  await carol.post(`/rooms/${room}/leave`, {}, 204);
  await bob.put('/users/me', { status_message: 'away, back soon' }, 200);
  ids.root = root;
}

/** A picture on a message, with a thumbnail, and twice the same bytes. */
async function shareFiles({ alice, bob }: People, room: number): Promise<number> {
  const fields = { room_id: room };
  const picture = await alice.upload({ name: 'picture.png', content: png(400, 300), fields }, 201);
  await alice.get(`/files/${picture.file_id}/thumbnail`, 200);
  await bob.upload({ name: 'the same.png', content: png(400, 300), fields }, 201);
  const { file_id } = await alice.upload({ name: 'notes.txt', content: 'written down' }, 201);
  await alice.post(`/rooms/${room}/messages`, { content: 'with a file', file_ids: [file_id] }, 201);
  return picture.file_id;
}
