import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ServerProcess, startServer } from '../harness/server_process.ts';
import { startPostgres } from '../postgres_server.ts';
import { type RedisServer, redisBinary, startRedis } from '../redis_server.ts';
import { startReceiver } from '../webhooks/receiver.ts';
import { connectTo, type HttpClient } from './http_client.ts';
import { openReader } from './reader.ts';
import { type Cast, callingBy, impatient, players } from './readers_world.ts';
import { ready, settings } from './world.ts';

/** Several servers on one PostgreSQL and, where there is one, one Redis. Whoever comes, or comes again, comes to any of them. */
export interface NodesCast extends Cast {
  readonly redis: RedisServer | undefined;
  /** Ends one of them without warning and starts another in its place. */
  crash(): Promise<void>;
  /** Ends one as a rolling restart does. */
  restart(): Promise<void>;
  /** Cuts every connection to the database. */
  disconnect(): Promise<void>;
  /** Ends the database as a crash of its machine does, for so long. */
  loseDatabase(ms: number): Promise<void>;
}

interface Node {
  readonly server: ServerProcess;
  readonly url: string;
  readonly client: HttpClient;
}

/** Somebody who failed looks again a little later. */
const PAUSE_MS = 30;

export async function assembleNodes(count: number): Promise<NodesCast> {
  const directory = mkdtempSync(join(tmpdir(), 'veza-nodes-'));
  const { server: postgres, reasons } = await startPostgres();
  assert.ok(postgres, reasons.join('; '));
  const binary = redisBinary();
  const redis = binary === undefined ? undefined : await startRedis(binary);
  const receivers = [await startReceiver(), await startReceiver()] as const;
  const variables = {
    ...{ ...settings, ...impatient, ACCESS_TOKEN_SECONDS: '86400', MAX_PINS_PER_ROOM: '1000', DATA_DIR: directory },
    ...(redis ? { REDIS_URL: redis.url } : {}),
  };
  const start = async (): Promise<Node> => {
    const server = startServer({ directory, variables, databaseUrl: postgres.url });
    const url = await ready(server);
    return { server, url, client: connectTo(url) };
  };
  const nodes = await Promise.all(Array.from({ length: count }, start));
  const beside = openReader('', postgres.url);
  const { disconnect, close } = beside;
  let coming: Promise<unknown> = Promise.resolve();
  const anyone = () => nodes[Math.floor(Math.random() * nodes.length)] as Node;
  const call = callingBy(() => anyone().client);

  async function replace(signal: NodeJS.Signals): Promise<void> {
    const place = Math.floor(Math.random() * nodes.length);
    const [gone] = nodes.splice(place, 1) as [Node];
    await gone.server.end(signal);
    gone.client.close();
    nodes.push(await start());
  }
  const within = (harm: Promise<void>): Promise<void> => {
    coming = Promise.all([coming, harm]);
    return harm;
  };

  return {
    ...{ house: { reader: () => beside }, engine: 'postgres', receivers, call, redis },
    ...(await players(call)),
    client: () => anyone().client,
    url: () => anyone().url,
    crash: () => within(replace('SIGKILL')),
    restart: () => within(replace('SIGTERM')),
    disconnect: async () => {
      // Who reads beside them finds it again some moments after it is back.
      while (!(await disconnect().catch(() => false))) await sleep(PAUSE_MS);
    },
    loseDatabase: (ms) =>
      within(
        (async () => {
          await postgres.down();
          await sleep(ms);
          await postgres.up();
        })(),
      ),
    back: async () => {
      await coming;
      await sleep(PAUSE_MS);
    },
    close: async () => {
      for (const { server, client } of nodes) {
        await server.end('SIGKILL');
        client.close();
      }
      await close();
      await redis?.close();
      await postgres.stop();
      for (const receiver of receivers) await receiver.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
