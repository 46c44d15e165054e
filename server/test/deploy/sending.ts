import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, connect, logged } from '../realtime/socket.ts';
import { ask } from './client.ts';

/** What came of sends that were repeated until they were acknowledged. */
export interface Sent {
  /** Ids of messages, as they were acknowledged. */
  readonly acknowledged: number[];
  /** How often there was which answer; `none` where the connection broke. */
  readonly answers: Map<string, number>;
}

/** Sends to a room until it is stopped, each message under a name of its own. */
export async function keepSending(
  url: string,
  token: string,
  room: number,
  { stopped, name }: { stopped: AbortSignal; name: string },
): Promise<Sent> {
  const acknowledged: number[] = [];
  const answers = new Map<string, number>();
  for (let i = 0; !stopped.aborted; i++) {
    const body = { content: `${name} ${i}`, metadata: { client_id: `${name}-${i}` } };
    for (;;) {
      const reply = await ask(url, 'POST', `/rooms/${room}/messages`, { token, body }).catch(() => undefined);
      const answer = String(reply?.status ?? 'none');
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      if (reply?.status === 201) {
        acknowledged.push(reply.data.id);
        break;
      }
      await sleep(50);
    }
    await sleep(10);
  }
  return { acknowledged, answers };
}

/** Messages that a socket tells of, which goes on where it was whenever it is closed. */
export async function keepListening(url: string, token: string, room: number) {
  const heard: number[] = [];
  let sockets = 0;
  let stopped = false;
  let resume: string | undefined;
  let client: Client | undefined;

  function take(from: Client): void {
    const events = logged(from);
    const messages = events.filter(({ type, data }) => type === 'room_message' && data.room_id === room);
    heard.push(...messages.map(({ data }) => data.id as number));
    resume = events.at(-1)?.data.event_id ?? resume;
  }

  async function open(): Promise<void> {
    client = await connect(url.replace('http', 'ws'), { token }, resume).catch(() => undefined);
    if (!client) return void (await sleep(100));
    sockets++;
    // From where the first began, if it is closed before it has been told anything.
    resume ??= client.of('hello')[0].last_event_id;
  }

  async function run(): Promise<void> {
    while (!stopped) {
      if (!client) await open();
      else {
        if (client.ws.readyState < client.ws.CLOSING) await once(client.ws, 'close');
        take(client);
        client = undefined;
      }
    }
  }

  await open();
  const ran = run();
  return {
    /** Ends it, and says what it has heard, in order, over how many sockets. */
    stop: async () => {
      stopped = true;
      client?.ws.close();
      await ran;
      return { heard, sockets };
    },
    hasHeard: (id: number) => heard.includes(id) || (client && logged(client).some(({ data }) => data.id === id)),
  };
}
