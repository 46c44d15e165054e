import { createApp } from '../../server/src/app.ts';
import { readConfig } from '../../server/src/config.ts';
import type { Database } from '../../server/src/db/database.ts';
import { people } from '../seed/shape.ts';

/** The settings of every server that is measured; its database is in the directory, or where the URL says. */
export const configOf = (directory: string, databaseUrl?: string) =>
  readConfig({
    DATA_DIR: directory,
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    RATE_LIMITS: 'off',
    LOG_LEVEL: 'warn',
    ACCESS_TOKEN_SECONDS: '86400',
    ADMIN_PASSWORD: 'bench administrator',
  });

interface Where {
  readonly databaseUrl?: string;
  /** A time that stands still. */
  readonly now?: number;
}

/** Our server on seeded data, with a token for each of the people there. */
export async function startApp(directory: string, { databaseUrl, now }: Where = {}) {
  const app = await createApp(configOf(directory, databaseUrl), now === undefined ? {} : { now: () => now });
  const { tokens } = app.deps.authority;
  const signed = people.map(({ id, username, sessionId }) =>
    tokens.sign({ sub: id, username, role: 'user', sid: sessionId }),
  );
  return { app, tokens: await Promise.all(signed), groups: countSends(app.deps.db) };
}

/** How many transactions have written messages: what is gathered decides what a message costs. */
function countSends(db: Database): () => number {
  const { write } = db;
  let count = 0;
  const counting: Database['write'] = (name, work) => {
    if (name === 'message.send') count++;
    return write(name, work);
  };
  Object.assign(db, { write: counting });
  return () => count;
}
