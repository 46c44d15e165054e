import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { fromFrame, fromList, type Heard } from './heard.ts';
import type { Frame } from './socket.ts';

/** How a reader is cut off, or slow for a while. */
export const mishaps = ['close', 'terminate', 'pause'] as const;
export type Mishap = (typeof mishaps)[number];

/** A client that follows the log, and goes on from where it was whenever it was cut off. */
export interface LogReader {
  readonly name: string;
  /** Everything it was told, in its order. */
  readonly heard: readonly Heard[];
  /** How often it began, and began again. */
  readonly begun: number;
  suffer(mishap: Mishap): void;
  stop(): Promise<void>;
}

export interface Following {
  /** Where the server is now; it may be another place after a restart. */
  readonly url: () => string;
  readonly token: string;
  /** The place in the log to begin after. */
  readonly after: string;
}

/** One connection: what is heard is handed on until it ends. */
type Connect = (at: { url: string; after: string }, hear: (event: Heard) => void) => Connection;
interface Connection {
  readonly ended: Promise<unknown>;
  suffer(mishap: Mishap): void;
}

const AGAIN_MS = 10;
const PAUSE_MS = 150;

function follow(name: string, { url, after }: Following, connect: Connect): LogReader {
  const heard: Heard[] = [];
  let isOver = false;
  let begun = 0;
  let now: Connection | undefined;
  const running = (async () => {
    while (!isOver) {
      begun++;
      now = connect({ url: url(), after: heard.at(-1)?.id ?? after }, (event) => heard.push(event));
      await now.ended;
      if (!isOver) await sleep(AGAIN_MS);
    }
  })();
  return {
    name,
    heard,
    get begun() {
      return begun;
    },
    suffer: (mishap) => now?.suffer(mishap),
    stop: async () => {
      isOver = true;
      now?.suffer('terminate');
      await running;
    },
  };
}

/** Over a socket, with `resume`. */
export const followBySocket = (following: Following): LogReader =>
  follow('socket', following, ({ url, after }, hear) => {
    const ws = new WebSocket(`${url.replace('http', 'ws')}/ws`);
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    ws.on('error', () => undefined);
    ws.on('close', () => resolve());
    ws.on('open', () =>
      ws.send(JSON.stringify({ type: 'authenticate', data: { token: following.token, resume: after } })),
    );
    ws.on('message', (text) => {
      const frame = JSON.parse(String(text)) as Frame;
      // Without its database a server lets nobody in, says so, and closes.
      if (frame.type === 'error' && frame.data.code === 'SERVICE_UNAVAILABLE') return;
      if (frame.type === 'resume_failed' || frame.type === 'error') throw new Error(`${text}`);
      if (frame.data.event_id !== undefined) hear(fromFrame(frame));
    });
    return {
      ended,
      suffer: (mishap) => {
        if (mishap === 'close') ws.close();
        else if (mishap === 'terminate') ws.terminate();
        else if (ws.readyState === ws.OPEN) {
          ws.pause();
          setTimeout(() => ws.resume(), PAUSE_MS);
        }
      },
    };
  });

/** As server-sent events, with `Last-Event-ID`. */
export const followByStream = (following: Following): LogReader =>
  follow('stream', following, ({ url, after }, hear) => {
    const headers = { authorization: `Bearer ${following.token}`, 'last-event-id': after };
    const sent = request(`${url}/api/v1/events/stream`, { headers, agent: false });
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    let answer: IncomingMessage | undefined;
    sent.on('error', () => resolve());
    sent.on('close', () => resolve());
    sent.on('response', (response) => {
      answer = response;
      response.on('error', () => undefined);
      let isDamaged = response.statusCode !== 200;
      response.on('close', () => {
        isDamaged ||= !response.complete;
      });
      let data = '';
      const lines = createInterface({ input: response });
      lines.on('line', (line) => {
        if (line.startsWith('data: ')) data = line.slice('data: '.length);
        // An event counts once it is whole.
        else if (line === '' && data !== '' && !isDamaged) {
          hear(fromList(JSON.parse(data)));
          data = '';
        }
      });
      lines.on('error', () => undefined);
      lines.on('close', () => sent.destroy());
    });
    sent.end();
    return {
      ended,
      suffer: (mishap) => {
        if (mishap !== 'pause') return void sent.destroy();
        answer?.pause();
        setTimeout(() => answer?.resume(), PAUSE_MS);
      },
    };
  });

/** Asking again and again, with some patience each time. */
export const followByPoll = (following: Following): LogReader =>
  follow('poll', following, ({ url, after }, hear) => {
    const gone = new AbortController();
    const ended = (async () => {
      const headers = { authorization: `Bearer ${following.token}` };
      for (let place = after; !gone.signal.aborted; ) {
        const asked = `${url}/api/v1/events?after=${place}&limit=100&wait=2`;
        const response = await fetch(asked, { headers, signal: gone.signal });
        if (response.status !== 200) return;
        const { data } = (await response.json()) as { data: Page };
        for (const event of data.events) hear(fromList(event));
        place = data.next_cursor;
      }
    })();
    return { ended: ended.catch(() => undefined), suffer: () => gone.abort() };
  });

interface Page {
  readonly events: readonly Parameters<typeof fromList>[0][];
  readonly next_cursor: string;
}

export const followAll = (following: Following): LogReader[] => [
  followBySocket(following),
  followByStream(following),
  followByPoll(following),
];

/** Resolves when every reader has heard of all that match. */
export async function untilHeard(readers: readonly LogReader[], isLast: (event: Heard) => boolean): Promise<void> {
  for (const { heard } of readers) while (heard.findLast(isLast) === undefined) await sleep(5);
}
