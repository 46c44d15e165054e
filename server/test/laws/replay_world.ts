import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { textOf } from '../../src/db/statement.ts';
import { routes } from '../../src/routes.ts';
import type { Engine } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { settled as untilSettled } from '../harness/settled.ts';
import { fromFrame, fromList, type Heard } from '../realtime/heard.ts';
import { type Client, connect, listen, logged } from '../realtime/socket.ts';
import { type Receiver, startReceiver, toThisMachine } from '../webhooks/receiver.ts';

type Method = 'POST' | 'PUT' | 'DELETE';
type Params = Readonly<Record<string, string | number>>;
type Call = readonly [who: Person, route: `${Method} /${string}`, params: Params, body: unknown, status: number];

/** What the cases do things in, and to whom. */
export interface World {
  readonly app: TestApp;
  readonly receiver: Receiver;
  readonly admin: Person;
  readonly alice: Person;
  readonly bob: Person;
  readonly carol: Person;
  readonly dave: Person;
  /** Things that cases have made, for those after them. */
  readonly made: Record<string, number>;
  /** Calls a route by its pattern, which is noted. */
  call(...call: Call): ReturnType<Person['get']>;
  upload(who: Person, fields: Record<string, number>): Promise<number>;
  /** Types of events that came into the log since the last time. */
  emitted(): Promise<Set<string>>;
  /** Resolves when everything in the log has been told to who is connected. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export const changing: readonly string[] = routes
  .filter(({ method }) => method !== 'GET' && method !== 'PATCH')
  .map(({ method, path }) => `${method} ${path.replace('/api/v1', '')}`);

export async function createWorld(engine: Engine, called: Set<string>): Promise<World> {
  const app = await createTestApp(engine, toThisMachine);
  const receiver = await startReceiver();
  await listen(app);
  const [alice, bob] = [await app.register('alice'), await app.register('bob')];
  const [carol, dave] = [await app.register('carol'), await app.register('dave')];
  const rows = (sql: string) => app.deps.db.reader.all(textOf(sql), []);
  let seen = Number((await rows('select max(id) as id from events'))[0]?.id);

  return {
    ...{ app, receiver, admin: app.admin, alice, bob, carol, dave, made: {} },
    call: async (who, route, params, body, status) => {
      assert.ok(changing.includes(route), `${route} is a changing route`);
      called.add(route);
      const [method, pattern] = route.split(' ') as [Method, string];
      const path = pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] as string));
      if (method === 'POST') return who.post(path, body, status);
      return method === 'PUT' ? who.put(path, body, status) : who.delete(path, status);
    },
    upload: async (who, fields) => {
      called.add('POST /files/upload');
      return (await who.upload({ name: 'a.txt', content: 'some words', fields }, 201)).file_id;
    },
    emitted: async () => {
      const found = await rows(`select id, type from events where id > ${seen}`);
      seen = Math.max(seen, ...found.map(({ id }) => Number(id)));
      return new Set(found.map(({ type }) => String(type)));
    },
    settled: async () => {
      const [last] = await rows('select max(id) as id from events');
      while (app.deps.realtime.hub.position.id < Number(last?.id)) await sleep(2);
    },
    close: async () => {
      await app.close();
      await receiver.close();
    },
  };
}

/** Somebody who hears over a socket, and asks for the same events. */
export interface Viewer {
  readonly person: Person;
  /** What has come since the last time, both ways. */
  heard(): Promise<{ readonly frames: Heard[]; readonly events: Heard[] }>;
  /** The place in the log that both have reached. */
  place(): string;
  close(): Promise<void>;
}

export async function openViewer({ app, settled }: World, person: Person): Promise<Viewer> {
  // Or the socket would hear of what was before it.
  await untilSettled(app);
  const client = await connect(urlOf(app), person);
  let after: string = (await person.get('/events', 200)).next_cursor;
  let taken = 0;
  return {
    person,
    heard: async () => {
      await settled();
      await client.ask('ping', {}, 'pong');
      const frames = logged(client).slice(taken).map(fromFrame);
      taken += frames.length;
      const { events, next } = await listAfter(person, after);
      after = next;
      return { frames, events };
    },
    place: () => after,
    close: client.close,
  };
}

function urlOf({ server }: TestApp): string {
  const address = server.server.address();
  assert.ok(address !== null && typeof address === 'object');
  return `ws://127.0.0.1:${address.port}`;
}

/** Page by page, small ones, until there is nothing more. */
export async function listAfter(person: Person, place: string) {
  const events: Heard[] = [];
  for (let next = place; ; ) {
    const page = await person.get(`/events?after=${next}&limit=7`, 200);
    events.push(...page.events.map(fromList));
    next = page.next_cursor;
    if (!page.has_more) return { events, next };
  }
}

/** All that somebody missed, over a socket that comes back. */
export async function resumeAfter({ app }: World, person: Person, place: string): Promise<Heard[]> {
  const client: Client = await connect(urlOf(app), person, place);
  await client.next('resumed');
  const heard = logged(client)
    .filter(({ type }) => type !== 'auth_success')
    .map(fromFrame);
  await client.close();
  return heard;
}
