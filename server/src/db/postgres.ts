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
import { isOldPlan, translated } from './postgres_errors.ts';
import { LONGEST_STATEMENT_MS, openPool, streamOf } from './postgres_pool.ts';
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
  const hasAnswered = (since: number) => Math.max(writers.answeredAt, readers.answeredAt) > since;
  const publish = async (channel: string, text: string) => void (await reader.all(NOTIFY, [channel, text]));
  const watch = watchPostgres({ url, isPooled, publish, hasAnswered }, () => {
    writers.breakAll();
    readers.breakAll();
  });
  const requireUp = () => {
    if (!watch.isUp) throw new DatabaseUnavailable(`PostgreSQL does not answer (${watch.reason})`);
  };
  const parts: Parts = { writers, readers, isPooled, requireUp };
  const snapshots = new Set<pg.PoolClient>();
  const commits = createCommitCounts();
  let closed = false;
  const reader = readerOf(parts, connections);
  return {
    dialect: 'postgres',
    reader,
    write: (_name, work) => transaction(parts, work, commits),
    alter: (work) => alter(parts, work, commits),
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
      for (const client of snapshots) streamOf(client)?.destroy();
      await Promise.all([writers.close(), readers.close(), watch.close()]);
    },
  };
}

/** What is told is lost with this process: it does not wait for a disk. */
const NOTIFY: CompiledText = {
  name: 'notify',
  sql: `select set_config('synchronous_commit', 'off', true), pg_notify($1, $2)`,
};
const ONE: CompiledText = { name: undefined, sql: 'select 1' };
const CONCERNS: CompiledText = {
  name: undefined,
  sql: `select name from pg_settings where name in ('fsync', 'full_page_writes') and setting = 'off' order by name`,
};
const SIZE: CompiledText = { name: undefined, sql: 'select pg_database_size(current_database()) as size' };

/** Each statement on a connection of its own. */
function readerOf({ readers, isPooled, requireUp }: Parts, connections: number): Reader {
  return {
    dialect: 'postgres',
    all: async (text, values) => {
      const query = asQuery(text, values, isPooled);
      // Behind a pooler nothing can be set for a connection, and nobody else ends what takes too long.
      const asked = isPooled ? { ...query, query_timeout: LONGEST_STATEMENT_MS + 1_000 } : query;
      for (let attempt = 1; ; attempt++) {
        requireUp();
        const client = await readers.lend();
        let isBroken = false;
        try {
          return (await translated(client.query(asked))).rows as Row[];
        } catch (error) {
          isBroken = error instanceof DatabaseUnavailable || isOldPlan(error);
          if (!isOldPlan(error) || attempt > connections) throw error;
        } finally {
          client.release(isBroken);
        }
      }
    },
  };
}

// One moment for all its statements, which may take longer than a request's.
const SNAPSHOT = `begin isolation level repeatable read read only; set local statement_timeout = '10min'`;
