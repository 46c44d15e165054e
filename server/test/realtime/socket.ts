import assert from 'node:assert/strict';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { settled } from '../harness/settled.ts';
import { frameFaults } from './documented.ts';

// A frame has whatever shape its type has.
// biome-ignore lint/suspicious/noExplicitAny: a test reads the fields it is about
type Data = any;
export interface Frame {
  readonly type: string;
  readonly data: Data;
  readonly request_id?: string;
}

/** A client's side of a socket: everything that came, in its order. */
export interface Client {
  readonly frames: Frame[];
  readonly ws: WebSocket;
  send(frame: unknown): void;
  /** Sends a command and waits for its answer, of that type; `error` counts as one. */
  ask(type: string, data: unknown, answer?: string): Promise<Data>;
  /** The answer to what was sent with a `request_id`. */
  answer(requestId: string): Promise<Frame>;
  /** The first frame of a type that came, or comes; those it passes stay where they are. */
  next(type: string, fits?: (data: Data) => boolean): Promise<Data>;
  /** Frames of these types. */
  of(...types: string[]): Data[];
  /** The code the socket was closed with. */
  closed(): Promise<number>;
  close(): Promise<void>;
}

const PATIENCE_MS = 10_000;
/** Sent to every socket, whatever happens. */
const beside = new Set(['hello', 'heartbeat', 'user_presence']);

export async function listen(app: TestApp): Promise<string> {
  const url = await app.server.listen({ host: '127.0.0.1', port: 0 });
  const address = url.replace('http', 'ws');
  listening.set(address, app);
  return address;
}

const listening = new Map<string, TestApp>();

/** Whoever wants to hear of what happens from now on is told nothing that has happened before. */
export async function nothingUntold(url: string): Promise<void> {
  const app = listening.get(url);
  if (app) await settled(app);
}

/** Opens a socket; nothing is said on it yet. */
export async function open(url: string, headers: Record<string, string> = {}): Promise<Client> {
  const ws = new WebSocket(`${url}${url.includes('/ws') ? '' : '/ws'}`, { headers });
  const frames: Frame[] = [];
  const faults: string[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of waiting) look();
  };
  let code: number | undefined;
  ws.on('message', (text) => {
    const frame = JSON.parse(String(text)) as Frame;
    frames.push(frame);
    faults.push(...frameFaults(frame));
    wake();
  });
  ws.on('close', (closedWith) => {
    code = closedWith;
    wake();
  });
  ws.on('error', () => undefined);
  await once(ws, 'open');
  let asked = 0;

  async function until<T>(find: () => T | undefined, what: string): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let found = find();
    const look = () => {
      found = find();
      if (found !== undefined || faults.length > 0) resolve();
    };
    const late = setTimeout(resolve, PATIENCE_MS);
    waiting.add(look);
    if (found === undefined) await promise;
    waiting.delete(look);
    clearTimeout(late);
    assert.deepEqual(faults, [], 'every frame is as documented');
    if (found !== undefined) return found;
    throw new Error(`${what} did not come; there came ${frames.map(({ type }) => type).join(', ')}`);
  }

  const send = (frame: unknown) => ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  const answer = (requestId: string) =>
    until(() => frames.find((one) => one.request_id === requestId), `the answer to ${requestId}`);
  const next = async (type: string, fits: (data: Data) => boolean = () => true) =>
    (await until(() => frames.find((frame) => frame.type === type && fits(frame.data)), `${type}`)).data;

  return {
    frames,
    ws,
    send,
    answer,
    next,
    ask: async (type, data, expected = 'ok') => {
      const request_id = `r${asked++}`;
      send({ type, data, request_id });
      const frame = await answer(request_id);
      assert.equal(frame.type, expected, `${type} → ${JSON.stringify(frame)}`);
      return frame.data;
    },
    of: (...types) => frames.filter(({ type }) => types.includes(type)).map(({ data }) => data),
    closed: () => until(() => code, 'the end'),
    close: async () => {
      if (code !== undefined) return;
      ws.close();
      await until(() => code, 'the end');
    },
  };
}

/** Opens a socket as somebody. */
export async function connect(url: string, person: Pick<Person, 'token'>, resume?: string): Promise<Client> {
  if (resume === undefined) await nothingUntold(url);
  return connectNow(url, person, resume);
}

/** The same while something is held back, or has not come to its end. */
export async function connectNow(url: string, { token }: Pick<Person, 'token'>, resume?: string): Promise<Client> {
  const client = await open(url);
  await client.ask('authenticate', { token, ...(resume === undefined ? {} : { resume }) }, 'auth_success');
  return client;
}

/** What came of the log, as pairs of type and event id. */
export const logged = ({ frames }: Client): Frame[] =>
  frames.filter(({ type, data }) => !beside.has(type) && data.event_id !== undefined);
