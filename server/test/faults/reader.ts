import { setTimeout as sleep } from 'node:timers/promises';
import SqliteConnection from 'better-sqlite3';
import type { Reader, Row } from '../../src/db/database.ts';
import { openPostgres } from '../../src/db/postgres.ts';
import { textOf } from '../../src/db/statement.ts';

export interface TestReader {
  readonly reader: Reader;
  /** How many connections others have to the database; always 0 on SQLite. */
  others(): Promise<number>;
  /** Resolves when nothing of a server that is gone still runs in the database. */
  quiet(): Promise<void>;
  /** Breaks every connection that others have to the database; resolves with how many. */
  disconnect(): Promise<number>;
  close(): Promise<void>;
}

/** The database of a server that runs or has run, read beside it. */
export function openReader(path: string, databaseUrl: string | undefined): TestReader {
  if (databaseUrl !== undefined) return beside(databaseUrl);
  const connection = new SqliteConnection(path, { readonly: true });
  return {
    reader: {
      dialect: 'sqlite',
      all: async (text, values) => connection.prepare<unknown[], Row>(text.sql).all(...values),
    },
    others: async () => 0,
    quiet: async () => undefined,
    disconnect: async () => 0,
    close: async () => void connection.close(),
  };
}

// A commit that was on its way when its server was killed is carried out all the same, a moment later.
const OWN = 'beside the server';
const theirs = `pg_stat_activity where datname = current_database() and application_name <> '${OWN}' and backend_type = 'client backend'`;
const others = textOf(`select count(*) as count from ${theirs}`);
const breakOthers = textOf(`select pg_terminate_backend(pid) from ${theirs}`);

function beside(url: string): TestReader {
  const named = new URL(url);
  named.searchParams.set('application_name', OWN);
  const db = openPostgres({ url: named.href, connections: 1 });
  const count = async () => Number((await db.reader.all(others, []))[0]?.count);
  return {
    reader: db.reader,
    others: count,
    quiet: async () => {
      while ((await count()) !== 0) await sleep(5);
    },
    disconnect: async () => (await db.reader.all(breakOthers, [])).length,
    close: () => db.close(),
  };
}
