import type pg from 'pg';
import { type CommitCounts, countCommit, countFailed, createCommitCounts } from './commit_counts.ts';
import {
  type CompiledText,
  type Database,
  DatabaseUnavailable,
  isLockTimeout,
  type Reader,
  type Row,
  type Writer,
} from './database.ts';
import { mayRunAgain, translated } from './postgres_errors.ts';
import { LIMITS_OF_TRANSACTION, openPool, type Pool } from './postgres_pool.ts';
import { watchPostgres } from './postgres_watch.ts';

export interface PostgresOptions {
  readonly url: string;
  /** For writers, and as many for readers. */
  readonly connections?: number;
  /** Whether something in between lends its connections for one transaction each, as PgBouncer may. */
  readonly isPooled?: boolean;
}

const ATTEMPTS = 4;

/** The pools, and what is said to a connection. */
interface Parts {
  readonly writers: Pool;
  readonly readers: Pool;
  readonly isPooled: boolean;
  /** Raises where the database is known to be gone: nobody waits for it. */
  readonly requireUp: () => void;
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

async function transaction<T>(parts: Parts, work: (db: Writer) => Promise<T>, counts: CommitCounts): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      const result = await attemptOnce(parts, parts.writers, work, { counts });
      counts.outcomes.committed++;
      return result;
    } catch (error) {
      if (attempt < ATTEMPTS && mayRunAgain(error)) continue;
      countFailed(counts, 1, error, 'undone');
      throw error;
    }
  }
}

// One moment for all its statements, which may take longer than a request's.
const SNAPSHOT = `begin isolation level repeatable read read only; set local statement_timeout = '10min'`;

interface Around {
  readonly begin?: string;
  /** Holds the connection meanwhile. */
  readonly running?: Set<pg.PoolClient>;
  readonly counts?: CommitCounts;
}

async function attemptOnce<T>(
  { isPooled, requireUp }: Parts,
  pool: Pool,
  work: (db: Writer) => Promise<T>,
  { begin = isPooled ? `begin; ${LIMITS_OF_TRANSACTION}` : 'begin', running, counts }: Around,
): Promise<T> {
  requireUp();
  const client = await pool.lend();
  running?.add(client);
  let broken: Error | undefined;
  try {
    const begunAt = performance.now();
    await translated(client.query(begin));
    const result = await work(writerOf(client, isPooled));
    const committingAt = performance.now();
    await translated(client.query('commit'));
    if (counts) countCommit(counts, 1, begunAt, committingAt);
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    running?.delete(client);
    client.release(broken);
  }
}

// One lock per stream, all taken by one statement in one order, before anything gives the transaction its id.
const LOCK: CompiledText = {
  name: 'lock',
  sql: `select pg_advisory_xact_lock(key) from
  (select distinct hashtextextended(stream, 0) as key from unnest($1::text[]) as stream order by 1) as keys`,
};

/** The statements of a transaction that somebody has begun. */
export function writerOf(client: pg.ClientBase, isPooled: boolean): Writer {
  const locked = new Set<string>();
  return {
    dialect: 'postgres',
    locked,
    all: async (text, values) => (await translated(client.query(asQuery(text, values, isPooled)))).rows as Row[],
    run: async (text, values) => (await translated(client.query(asQuery(text, values, isPooled)))).rowCount ?? 0,
    lock: async (streams) => {
      const missing = streams.filter((stream) => !locked.has(stream));
      if (missing.length === 0) return;
      await translated(client.query(asQuery(LOCK, [missing], isPooled))).catch((error: unknown) => {
        throw isLockTimeout(error) ? new DatabaseUnavailable('A lock was not had in time', { cause: error }) : error;
      });
      for (const stream of missing) locked.add(stream);
    },
  };
}

function asQuery({ name, sql }: CompiledText, values: readonly unknown[], isPooled: boolean) {
  const query = { text: sql, values: values as unknown[] };
  // What one connection has prepared the next one does not know.
  return name === undefined || isPooled ? query : { ...query, name };
}
