import type pg from 'pg';
import { createCommitCounts } from './commit_counts.ts';
import {
  type CompiledText,
  type Database,
  DatabaseUnavailable,
  type Reader,
  type Row,
  type Writer,
} from './database.ts';
import { alter, makeIndex } from './postgres_alter.ts';
import { translated } from './postgres_errors.ts';
import { openPool } from './postgres_pool.ts';
import { asQuery } from './postgres_statements.ts';
import { attemptOnce, type Parts, transaction } from './postgres_transaction.ts';
import { watchPostgres } from './postgres_watch.ts';

export interface PostgresOptions {
  readonly url: string;
  /** For writers, and as many for readers. */
  readonly connections?: number;
  /** Whether something in between lends its connections for one transaction each, as PgBouncer may. */
  readonly isPooled?: boolean;
}

export function openPostgres({ url, connections = 10, isPooled = false }: PostgresOptions): Database {
  const writers = openPool({ url, connections, isPooled });
  // Apart, so that writers which wait for a lock inside their connection do not keep anybody from reading.
  const readers = openPool({ url, connections, isPooled });
  const watch = watchPostgres({ url, isPooled }, () => {
    writers.breakAll();
    readers.breakAll();
  });
  const requireUp = () => {
    if (!watch.isUp) throw new DatabaseUnavailable('PostgreSQL does not answer');
  };
  const parts: Parts = { writers, readers, isPooled, requireUp };
  const snapshots = new Set<pg.PoolClient>();
  const commits = createCommitCounts();
  let closed = false;
  const reader = readerOf(parts);
  return {
    dialect: 'postgres',
    reader,
    write: (_name, work) => transaction(parts, work, commits),
    alter: (work) => alter(parts, work),
    index: (sql) => makeIndex(url, sql),
    snapshot: (work) => {
      const unlessClosed = async (db: Writer) => {
        if (closed) throw new DatabaseUnavailable('The database is closed');
        return work(db);
      };
      return attemptOnce(parts, readers, unlessClosed, { begin: SNAPSHOT, running: snapshots });
    },
    ping: async () => void (await reader.all(ONE, [])),
    size: async () => Number((await reader.all(SIZE, []))[0]?.size),
    commits,
    concerns: async () => (await reader.all(CONCERNS, [])).map(({ name }) => `${name} is off`),
    isFull: () => false,
    channel: watch.channel,
    close: async () => {
      closed = true;
      // The pool waits for what it has lent, and these may take long.
      await Promise.all([...snapshots].map((client) => client.end().catch(() => undefined)));
      await Promise.all([writers.close(), readers.close(), watch.close()]);
    },
  };
}

const ONE: CompiledText = { name: undefined, sql: 'select 1' };
const CONCERNS: CompiledText = {
  name: undefined,
  sql: `select name from pg_settings where name in ('fsync', 'full_page_writes') and setting = 'off' order by name`,
};
const SIZE: CompiledText = { name: undefined, sql: 'select pg_database_size(current_database()) as size' };

/** Each statement on a connection of its own. */
function readerOf({ readers, isPooled, requireUp }: Parts): Reader {
  return {
    dialect: 'postgres',
    all: async (text, values) => {
      requireUp();
      const client = await readers.lend();
      let broken: unknown;
      try {
        return (await translated(client.query(asQuery(text, values, isPooled)))).rows as Row[];
      } catch (error) {
        broken = error;
        throw error;
      } finally {
        client.release(broken instanceof DatabaseUnavailable);
      }
    },
  };
}

// One moment for all its statements, which may take longer than a request's.
const SNAPSHOT = `begin isolation level repeatable read read only; set local statement_timeout = '10min'`;
