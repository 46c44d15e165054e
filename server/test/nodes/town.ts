import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import { type Person, person } from '../harness/people.ts';
import { createPostgresDatabase, postgresUrl } from '../postgres_database.ts';
import { listen } from '../realtime/socket.ts';
import { type RedisServer, redisBinary, startRedis } from '../redis_server.ts';

/** How the processes hear of each other: by Redis, by PostgreSQL, or not at all. */
export type Way = 'redis' | 'listen' | 'looking';

const redis = postgresUrl() === undefined ? undefined : redisBinary();

/** `for (const way of ways) describe(way, …)`: what a run leaves out for want of a service shows as a skipped test. */
export const ways: readonly Way[] = engines.includes('postgres')
  ? [...(redis === undefined ? [] : ['redis' as const]), 'listen', 'looking']
  : [];

/** Several servers on one database. */
export interface Town {
  readonly apps: TestApp[];
  /** Of their sockets. */
  readonly urls: readonly string[];
  readonly redis: RedisServer | undefined;
  /** Somebody, asking another of the servers. */
  at(index: number, who: Person): Person;
  /** One server more. */
  open(): Promise<TestApp>;
  close(): Promise<void>;
}

export async function openTown(way: Way, count: number, variables: Record<string, string> = {}): Promise<Town> {
  const database = await createPostgresDatabase();
  const server = way === 'redis' ? await startRedis(redis as string) : undefined;
  const all = {
    DATABASE_URL: database.url,
    ...(server ? { REDIS_URL: server.url } : {}),
    ...(way === 'looking' ? { DATABASE_POOLER: 'transaction' } : {}),
    DEFAULT_ROOMS: ',',
    ...variables,
  };
  const apps: TestApp[] = [];
  const urls: string[] = [];
  const open = async () => {
    const app = await createTestApp('postgres', all);
    apps.push(app);
    urls.push(await listen(app));
    return app;
  };
  await Promise.all(Array.from({ length: count }, open));
  return {
    apps,
    urls,
    redis: server,
    at: (index, { token, refreshToken, id, username }) =>
      person(apps[index] as TestApp, { access_token: token, refresh_token: refreshToken, user: { id, username } }),
    open,
    close: async () => {
      for (const app of apps) await app.close();
      await server?.close();
      await database.drop();
    },
  };
}
