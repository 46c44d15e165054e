import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from './harness/free_port.ts';
import { programs } from './programs.ts';

/** A Redis of one's own on the loopback, which keeps nothing. */
export interface RedisServer {
  readonly url: string;
  /** Ends it at once. */
  kill(): Promise<void>;
  /** Starts it again, at the same place. */
  start(): Promise<void>;
  /** It answers nobody until it goes on. */
  pause(): void;
  goOn(): void;
  /** Forgets everything. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Where Redis is, or Valkey, which is the same; undefined where there is none, which shows and is counted. */
export const redisBinary = (): string | undefined => programs('redis-server')?.[0];

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

export async function startRedis(binary: string): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), 'veza-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const args = ['--bind', '127.0.0.1', '--port', `${port}`, '--save', '', '--appendonly', 'no', '--dir', directory];
    const started = spawn(binary, args, { stdio: 'ignore' });
    child = started;
    children.add(started);
    started.once('exit', () => children.delete(started));
    await until(() => withClient(url, (client) => client.ping()));
  }

  async function kill(): Promise<void> {
    const gone = child && child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    child?.kill('SIGKILL');
    await gone;
  }

  await start();
  return {
    url,
    start,
    kill,
    pause: () => void child?.kill('SIGSTOP'),
    goOn: () => void child?.kill('SIGCONT'),
    flush: () => withClient(url, async (client) => void (await client.flushall())),
    close: async () => {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function withClient<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    client.disconnect();
  }
}

async function until(look: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await look();
      return;
    } catch (error) {
      if (tries === 200) throw error;
      await sleep(25);
    }
  }
}
