import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp, type Overrides } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { Engine } from '../engines.ts';
import { createPostgresDatabase } from '../postgres_database.ts';
import { checkLog } from './log.ts';
import { type Person, person } from './people.ts';
import { stateOf } from './state.ts';

export interface TestApp extends App {
  readonly engine: Engine;
  readonly directory: string;
  /** The first account, signed in. */
  readonly admin: Person;
  /** Somebody without a token. */
  readonly stranger: Person;
  /** Signs somebody up; the e-mail and password follow from the name. */
  register(username: string): Promise<Person>;
  login(username: string, password?: string): Promise<Person>;
  /** Signs somebody up and gives him a server role. */
  registerAs(role: 'guest' | 'moderator' | 'admin' | 'bot', username: string): Promise<Person>;
  /** Runs `act` and fails if it changed a single row of any table. */
  unchanged<T>(act: () => Promise<T>): Promise<T>;
}

export const passwordOf = (username: string): string => `password of ${username}`;

type Variables = Record<string, string>;

/** A whole server of one's own, on a real database; requests go through `inject`, or a real port after `listen`. */
export async function createTestApp(
  engine: Engine,
  variables: Variables = {},
  overrides: Overrides = {},
): Promise<TestApp> {
  const directory = mkdtempSync(join(tmpdir(), 'veza-app-'));
  // Several servers may be given one.
  const isShared = variables.DATABASE_URL !== undefined;
  const database = engine === 'postgres' && !isShared ? await createPostgresDatabase() : undefined;
  const config = readConfig({
    DATA_DIR: directory,
    LOG_LEVEL: 'silent',
    RATE_LIMITS: 'off',
    MIN_FREE_DISK_BYTES: '0',
    ADMIN_PASSWORD: passwordOf('admin'),
    DATABASE_URL: database?.url,
    ...variables,
  });
  const app = await createApp(config, {
    // No test asks the world for names.
    resolve: () => Promise.reject(new Error('No names here')),
    ...overrides,
  });
  const login = async (username: string, password = passwordOf(username)) => {
    const stranger = person(app, undefined);
    const data = await stranger.post('/auth/login', { username, password }, 200);
    return person(app, data);
  };
  const register = async (username: string) => {
    const body = { username, email: `${username.toLowerCase()}@example.com`, password: passwordOf(username) };
    return person(app, await person(app, undefined).post('/auth/register', body, 201));
  };
  const admin = await login(config.ADMIN_USERNAME, variables.ADMIN_PASSWORD);
  return {
    ...app,
    engine,
    directory,
    admin,
    stranger: person(app, undefined),
    register,
    login,
    registerAs: async (role, username) => {
      const { id } = await register(username);
      await admin.patch(`/admin/users/${id}`, { role }, 200);
      return login(username);
    },
    unchanged: async (act) => {
      const before = await stateOf(app.deps.db);
      const result = await act();
      const after = await stateOf(app.deps.db);
      if (before !== after)
        throw new Error(`Something changed that should not have:\n${firstDifference(before, after)}`);
      return result;
    },
    close: async () => {
      await checkLog(app.deps.db.reader).finally(app.close);
      await database?.drop();
      rmSync(directory, { recursive: true });
    },
  };
}

function firstDifference(before: string, after: string): string {
  const old = new Set(before.split('\n'));
  const fresh = new Set(after.split('\n'));
  const gone = [...old].filter((line) => !fresh.has(line)).map((line) => `- ${line}`);
  const come = [...fresh].filter((line) => !old.has(line)).map((line) => `+ ${line}`);
  return [...gone, ...come].slice(0, 10).join('\n');
}
