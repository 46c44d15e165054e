import pg from 'pg';
import { type CommitCounts, countCommit, countFailed, createCommitCounts } from './commit_counts.ts';
import {
  type CompiledText,
  type Database,
  DatabaseUnavailable,
  isLockTimeout,
  type Row,
  StorageFull,
  type Writer,
} from './database.ts';

export interface PostgresOptions {
  readonly url: string;
  /** For writers, and as many for readers. */
  readonly connections?: number;
}

/** Serialization failures and deadlocks: the transaction did nothing and may run again. */
const AGAIN = new Set(['40001', '40P01']);
const ATTEMPTS = 4;
/** int8, which this schema keeps below 2^53. */
const INT8 = 20;

export function openPostgres({ url, connections = 10 }: PostgresOptions): Database {
  const writers = openPool(url, connections);
  // Apart, so that writers which wait for a lock inside their connection do not keep anybody from reading.
  const readers = openPool(url, connections);
  const snapshots = new Set<pg.PoolClient>();
  const commits = createCommitCounts();
  let closed = false;
  const all = async (text: CompiledText, values: readonly unknown[]) =>
    (await translated(readers.query(asQuery(text, values)))).rows as Row[];
  return {
    dialect: 'postgres',
    reader: { dialect: 'postgres', all },
    write: (_name, work) => transaction(writers, work, commits),
    snapshot: (work) => {
      const unlessClosed = async (db: Writer) => {
        if (closed) throw new DatabaseUnavailable('The database is closed');
        return work(db);
      };
      return attemptOnce(readers, unlessClosed, { begin: SNAPSHOT, running: snapshots });
    },
    ping: async () => void (await translated(readers.query('select 1'))),
    size: async () =>
      Number((await translated(readers.query('select pg_database_size(current_database()) as size'))).rows[0]?.size),
    commits,
    isFull: () => false,
    close: async () => {
      closed = true;
      // The pool waits for what it has lent, and these may take long.
      await Promise.all([...snapshots].map((client) => client.end().catch(() => undefined)));
      await Promise.all([writers.end(), readers.end()]);
    },
  };
}

function openPool(url: string, connections: number): pg.Pool {
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8, Number);
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    types,
    connectionTimeoutMillis: 10_000,
    // A lock is waited for as long as an idempotency key's first request is: five seconds.
    options: '-c idle_in_transaction_session_timeout=10000 -c lock_timeout=5000 -c statement_timeout=10000',
  });
  // A connection that dies, idle or between two statements, fails the next one; without listeners it would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

async function transaction<T>(pool: pg.Pool, work: (db: Writer) => Promise<T>, counts: CommitCounts): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      const result = await attemptOnce(pool, work, { counts });
      counts.outcomes.committed++;
      return result;
    } catch (error) {
      if (attempt < ATTEMPTS && AGAIN.has(codeOf(error))) continue;
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
  pool: pg.Pool,
  work: (db: Writer) => Promise<T>,
  { begin = 'begin', running, counts }: Around,
): Promise<T> {
  const client = await translated(pool.connect());
  running?.add(client);
  let broken: Error | undefined;
  try {
    const begunAt = performance.now();
    await translated(client.query(begin));
    const result = await work(writerOf(client));
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
const LOCK = `select pg_advisory_xact_lock(key) from
  (select distinct hashtextextended(stream, 0) as key from unnest($1::text[]) as stream order by 1) as keys`;

function writerOf(client: pg.PoolClient): Writer {
  const locked = new Set<string>();
  return {
    dialect: 'postgres',
    locked,
    all: async (text, values) => (await translated(client.query(asQuery(text, values)))).rows as Row[],
    run: async (text, values) => (await translated(client.query(asQuery(text, values)))).rowCount ?? 0,
    lock: async (streams) => {
      const missing = streams.filter((stream) => !locked.has(stream));
      if (missing.length === 0) return;
      await translated(client.query({ name: 'lock', text: LOCK, values: [missing] })).catch((error: unknown) => {
        throw isLockTimeout(error) ? new DatabaseUnavailable('A lock was not had in time', { cause: error }) : error;
      });
      for (const stream of missing) locked.add(stream);
    },
  };
}

function asQuery(text: CompiledText, values: readonly unknown[]) {
  const query = { text: text.sql, values: values as unknown[] };
  return text.name === undefined ? query : { ...query, name: text.name };
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? '');
}

/** Errors that say nothing about the statement but that there is no database behind it, or no room in it. */
async function translated<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const code = codeOf(error);
    if (code === '53100') throw new StorageFull('PostgreSQL has no room left', { cause: error });
    if (isOutage(code, error))
      throw new DatabaseUnavailable(`PostgreSQL does not answer (${code || (error as Error).message})`, {
        cause: error,
      });
    throw error;
  }
}

function isOutage(code: string, error: unknown): boolean {
  if (/^(08|57P|53[23]|57014|25P03)/.test(code) || /^E[A-Z]+$/.test(code)) return true;
  return code === '' && /terminat|timeout|connect/i.test((error as Error).message);
}
