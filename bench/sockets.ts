import { openRaw, type RawClient } from './socket_client.ts';

// Holds sockets open and counts what comes over them, in a process of its own.
interface Sending {
  readonly port: number;
  readonly path: string;
  readonly token: string;
}
interface Opening {
  readonly do: 'open';
  readonly port: number;
  readonly tokens: readonly string[];
  readonly count: number;
}
/** `window`: messages under way at a time. */
type Fan = Sending & { readonly do: 'fan'; readonly seconds: number; readonly window: number };
/** So many messages at this rate, however long each takes; `stalled` of the sockets read nothing meanwhile. */
type Pace = Sending & {
  readonly do: 'pace';
  readonly messages: number;
  readonly perSecond: number;
  readonly stalled: number;
  /** Characters of each message. */
  readonly length: number;
};
/** Those that were stalled come back, and go on where they were. */
interface Return {
  readonly do: 'return';
  readonly port: number;
  readonly tokens: readonly string[];
  /** Messages that each is to have in the end. */
  readonly messages: number;
}
export type SocketOrder = Opening | Fan | Pace | Return;

export interface FanResult {
  readonly messages: number;
  readonly deliveries: number;
  readonly seconds: number;
}
export interface ReturnResult {
  /** Sockets the server had closed. */
  readonly cutOff: number;
  /** Messages that were told twice. */
  readonly repeated: number;
}
export interface PaceResult extends FanResult {
  /** Milliseconds from the request to the receipt. */
  readonly p50: number;
  readonly p99: number;
}

const OPENING = 50;
/** Of so many it is kept what each has heard. */
const MAX_STALLED = 50;

const clients: RawClient[] = [];
let received = 0;
let onMessage: (payload: Buffer) => void = () => {};

async function open({ port, tokens, count }: Opening): Promise<number> {
  let next = 0;
  const one = async () => {
    for (let place = next++; place < count; place = next++) {
      let known = () => {};
      const isKnown = new Promise<void>((resolve) => {
        known = resolve;
      });
      const client = await openRaw(port, {
        message: (payload) => {
          if (place < MAX_STALLED) client.heard.add(payload);
          onMessage(payload);
        },
        known,
      });
      clients.push(client);
      if (tokens.length === 0) continue;
      client.send({ type: 'authenticate', data: { token: tokens[place % tokens.length] } });
      await isKnown;
    }
  };
  await Promise.all(Array.from({ length: OPENING }, one));
  return clients.length;
}

async function post(port: number, path: string, token: string, content: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ content }),
  });
  await response.arrayBuffer();
  if (response.status !== 201) throw new Error(`A message was answered ${response.status}`);
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setImmediate(resolve));
}

/** As many messages as are received everywhere in the time. */
async function fan({ port, path, token, seconds, window }: Fan): Promise<FanResult> {
  received = 0;
  onMessage = () => received++;
  const begun = performance.now();
  let sent = 0;
  const posts: Promise<void>[] = [];
  while (performance.now() - begun < seconds * 1_000) {
    posts.push(post(port, path, token, WORDS));
    sent++;
    await until(() => received > (sent - window) * clients.length - 1);
  }
  await Promise.all(posts);
  await until(() => received >= sent * clients.length);
  return { messages: sent, deliveries: received, seconds: (performance.now() - begun) / 1_000 };
}

/** The content says when it was sent. */
async function pace({ port, path, token, messages, perSecond, stalled, length }: Pace): Promise<PaceResult> {
  const words = WORDS.repeat(Math.ceil(length / WORDS.length)).slice(0, length);
  const delays: number[] = [];
  const away = clients.slice(0, stalled);
  for (const { socket } of away) socket.pause();
  received = 0;
  onMessage = (payload) => {
    received++;
    const at = payload.indexOf(MARK);
    delays.push(performance.now() - Number(payload.toString('latin1', at + MARK.length, payload.indexOf(' ', at))));
  };
  const begun = performance.now();
  const posts: Promise<void>[] = [];
  for (let sent = 0; sent < messages; sent++) {
    const waitMs = begun + (sent * 1_000) / perSecond - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    posts.push(post(port, path, token, `${MARK}${performance.now()} ${words}`));
  }
  await Promise.all(posts);
  await until(() => received >= posts.length * (clients.length - stalled));
  delays.sort((a, b) => a - b);
  const at = (part: number) => delays[Math.floor(delays.length * part)] ?? 0;
  return {
    ...{ messages: posts.length, deliveries: received, seconds: (performance.now() - begun) / 1_000 },
    ...{ p50: at(0.5), p99: at(0.99) },
  };
}

/** Whoever lacks a message is waited for in vain. */
async function comeBack({ port, tokens, messages }: Return): Promise<ReturnResult> {
  const away = clients.filter(({ socket }) => socket.isPaused());
  let repeated = 0;
  let cutOff = 0;
  await Promise.all(
    away.map(async (client, place) => {
      client.socket.resume();
      await until(() => client.socket.closed || client.heard.ids.size === messages);
      // What the system itself has kept for them may have been all.
      if (!client.socket.closed) return;
      cutOff++;
      const again = await openRaw(port, { message: (payload) => again.heard.add(payload), known: () => {} });
      const { lastEventId, ids } = client.heard;
      again.send({ type: 'authenticate', data: { token: tokens[place % tokens.length], resume: lastEventId } });
      await until(() => ids.size + again.heard.ids.size >= messages);
      repeated += [...again.heard.ids].filter((id) => ids.has(id)).length;
      again.socket.destroy();
    }),
  );
  return { cutOff, repeated };
}

const MARK = 'sent:';
const WORDS = 'The kettle belongs to whoever last filled it, says the platform team.';

async function carryOut(order: SocketOrder): Promise<unknown> {
  if (order.do === 'open') return open(order);
  if (order.do === 'return') return comeBack(order);
  return order.do === 'fan' ? fan(order) : pace(order);
}

process.on('message', (order: SocketOrder | 'stop') => {
  if (order === 'stop') process.exit(0);
  carryOut(order).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));
