import assert from 'node:assert/strict';
import type { Person } from '../harness/people.ts';
import { nothingUntold } from './socket.ts';

// An event has whatever shape its type has.
// biome-ignore lint/suspicious/noExplicitAny: a test reads the fields it is about
type Data = any;
export interface StreamEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Data;
}

/** A client of `GET /events/stream`, over a real port. */
export interface Stream {
  readonly status: number;
  readonly events: StreamEvent[];
  readonly comments: string[];
  next(fits: (event: StreamEvent) => boolean): Promise<StreamEvent>;
  /** Resolves when the server has ended it. */
  readonly over: Promise<void>;
  close(): Promise<void>;
}

export async function openStream(
  url: string,
  person: Pick<Person, 'token'>,
  query = '',
  headers: Record<string, string> = {},
): Promise<Stream> {
  if (headers['last-event-id'] === undefined && !query.includes('after=')) await nothingUntold(url);
  return openStreamNow(url, person, query, headers);
}

/** The same while something is held back, or has not come to its end. */
export async function openStreamNow(
  url: string,
  { token }: Pick<Person, 'token'>,
  query = '',
  headers: Record<string, string> = {},
): Promise<Stream> {
  const gone = new AbortController();
  const response = await fetch(`${url.replace(/^ws/, 'http')}/api/v1/events/stream${query}`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    signal: gone.signal,
  });
  const events: StreamEvent[] = [];
  const comments: string[] = [];
  const waiting = new Set<() => void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();

  async function read(): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) take(part);
      begin();
      for (const look of waiting) look();
    }
    if (text !== '') comments.push(text);
  }

  function take(part: string): void {
    if (/^(:|retry:)/.test(part)) return void comments.push(part);
    const fields = Object.fromEntries(part.split('\n').map((line) => line.split(/: (.*)/s)));
    const event = { id: fields.id, event: fields.event, data: JSON.parse(fields.data) };
    assert.equal(event.data.id, event.id);
    assert.equal(event.data.type, event.event);
    events.push(event);
  }

  const over = read()
    .catch(() => undefined)
    .finally(() => {
      begin();
      for (const look of waiting) look();
    });
  await begun;

  return {
    status: response.status,
    events,
    comments,
    over,
    next: async (fits) => {
      const { promise, resolve, reject } = Promise.withResolvers<StreamEvent>();
      const look = () => {
        const found = events.find(fits);
        if (found) resolve(found);
      };
      const late = setTimeout(() => reject(new Error(`no such event; ${events.map(({ event }) => event)}`)), 10_000);
      waiting.add(look);
      look();
      return promise.finally(() => {
        waiting.delete(look);
        clearTimeout(late);
      });
    },
    close: async () => {
      gone.abort();
      await over;
    },
  };
}
