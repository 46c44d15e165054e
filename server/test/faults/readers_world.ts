import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../engines.ts';
import type { Draws } from '../harness/draws.ts';
import { type Receiver, startReceiver, toThisMachine } from '../webhooks/receiver.ts';
import { type House, openHouse } from './house.ts';
import type { HttpClient, HttpReply } from './http_client.ts';
import { PASSWORD } from './world.ts';

/** Not how fast it must be, but when to stop waiting for it. */
const PATIENCE_MS = 60_000;

interface Player {
  readonly id: number;
  readonly token: string;
}

/** Who takes part in every round; their tokens outlive every crash. */
export interface Cast {
  readonly house: Pick<House, 'reader'>;
  readonly engine: Engine;
  readonly admin: Player;
  /** Writes over REST, and owns the rooms. */
  readonly ann: Player;
  /** Writes over a socket, and comes and goes. */
  readonly ben: Player;
  /** Listens. */
  readonly eve: Player;
  /** Of the webhook of the server, and of that of a room. */
  readonly receivers: readonly [Receiver, Receiver];
  client(): HttpClient;
  url(): string;
  /** Ends the server without warning and starts it again on the same data. */
  crash(): Promise<void>;
  /** Resolves when the server is there again. */
  back(): Promise<unknown>;
  call(who: Player, method: string, path: string, body: unknown, status: number): Promise<HttpReply['data']>;
  close(): Promise<void>;
}

/** What a server that is gone has held comes up again sooner, and who does not read is cut off sooner. */
export const impatient = { ...toThisMachine, WEBHOOK_ATTEMPT_SECONDS: '1', MAX_BEHIND_SECONDS: '1' };

export async function assemble(engine: Engine): Promise<Cast> {
  const house = await openHouse(engine, { variables: impatient });
  const receivers = [await startReceiver(), await startReceiver()] as const;
  let client = await house.open();
  let url = await house.server().url;
  let coming: Promise<unknown> = Promise.resolve();
  const call = callingBy(() => client);
  return {
    ...{ house, engine, receivers, call },
    ...(await players(call)),
    client: () => client,
    url: () => url,
    crash: () => {
      const again = async () => {
        assert.deepEqual(await house.end('SIGKILL'), { code: null, signal: 'SIGKILL' }, house.server().output());
        await house.reader().quiet();
        client = await house.open();
        url = await house.server().url;
      };
      const crashed = again();
      coming = crashed;
      return crashed;
    },
    back: () => coming,
    close: async () => {
      await house.close();
      for (const receiver of receivers) await receiver.close();
    },
  };
}

/** What is asked of whichever server `client` leads to has to be answered so; one that asks to come back later is asked again. */
export function callingBy(client: () => HttpClient): Cast['call'] {
  return async (who, method, path, body, status) => {
    let reply = await client().call(method, path, who.token, body);
    const late = performance.now() + PATIENCE_MS;
    while (reply.status === 503 && performance.now() < late) {
      await sleep(100);
      reply = await client().call(method, path, who.token, body);
    }
    assert.equal(reply.status, status, `${method} ${path} → ${JSON.stringify(reply.data)}`);
    return reply.data;
  };
}

export async function players(call: Cast['call']): Promise<Pick<Cast, 'admin' | 'ann' | 'ben' | 'eve'>> {
  const stranger = { id: 0, token: '' };
  const signIn = (data: HttpReply['data']): Player => ({ id: data.user.id, token: data.access_token });
  const register = async (username: string) => {
    const body = { username, email: `${username}@example.com`, password: PASSWORD };
    return signIn(await call(stranger, 'POST', '/auth/register', body, 201));
  };
  const login = { username: 'admin', password: PASSWORD };
  return {
    admin: signIn(await call(stranger, 'POST', '/auth/login', login, 200)),
    ann: await register('ann'),
    ben: await register('ben'),
    eve: await register('eve'),
  };
}

/** How receivers behave for a while; what they failed to take is attempted again. */
export function moodOf(receiver: Receiver, random: Draws): void {
  const moods: readonly Receiver['answer'][] = [
    (_, response) => response.writeHead(204).end(),
    (_, response) => response.writeHead(204).end(),
    (_, response) => response.writeHead(500).end(),
    (_, response) => response.destroy(),
    () => undefined,
  ];
  receiver.answer = random.pick(moods);
}

export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const late = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > late) throw new Error(`${what} did not come to be`);
    await sleep(10);
  }
}
