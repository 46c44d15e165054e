import type { Socket } from 'node:net';
import pg from 'pg';
import { DatabaseUnavailable } from './database.ts';
import { translated } from './postgres_errors.ts';

export interface PoolOptions {
  readonly url: string;
  readonly connections: number;
  /** Whether something in between lends its connections for one transaction each: nothing may be set for longer. */
  readonly isPooled: boolean;
}

/** Connections that are lent. */
export interface Pool {
  /** Lends one, or raises DatabaseUnavailable where none is to be had in time. Who borrows gives it back. */
  lend(): Promise<pg.PoolClient>;
  /** When any of its connections has answered last; monotonic. */
  readonly answeredAt: number;
  /** Breaks every connection, and refuses whoever waits for one. */
  breakAll(): void;
  close(): Promise<void>;
}

/** int8, which this schema keeps below 2^53. */
export const INT8 = 20;
/** A lock is waited for as long as an idempotency key's first request is. */
const LONGEST_LOCK_MS = 5_000;
/** As long as a request may take; that the database is gone is known much sooner (postgres_watch.ts). */
const LONGEST_WAIT_MS = 10_000;
export const LONGEST_STATEMENT_MS = 10_000;

const limits = {
  idle_in_transaction_session_timeout: 10_000,
  lock_timeout: LONGEST_LOCK_MS,
  statement_timeout: LONGEST_STATEMENT_MS,
};

/** A commit that has been answered is on the disk, however the database is set up; what is stricter stays. */
const durably = (isLocal: boolean) =>
  `select set_config('synchronous_commit', 'on', ${isLocal}) where current_setting('synchronous_commit') = 'off'`;

/** What a transaction begins with where nothing can be set for a connection. */
export const LIMITS_OF_TRANSACTION = [
  ...Object.entries(limits).map(([name, ms]) => `set local ${name} = ${ms}`),
  durably(true),
].join('; ');

const LIMITS_OF_CONNECTION = Object.entries(limits)
  .map(([name, ms]) => `-c ${name}=${ms}`)
  .join(' ');

export function openPool({ url, connections, isPooled }: PoolOptions): Pool {
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8, Number);
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    types,
    connectionTimeoutMillis: LONGEST_WAIT_MS,
    keepAlive: true,
    // What does not wait for another statement's answer is sent right behind it.
    pipeline: true,
    fallback_application_name: 'veza',
    ...(isPooled ? {} : { options: LIMITS_OF_CONNECTION }),
  });
  let answeredAt = Number.NEGATIVE_INFINITY;
  const open = new Set<pg.PoolClient>();
  const ready = new WeakSet<pg.PoolClient>();
  const waiting = new Set<(error: Error) => void>();
  // A connection that dies, idle or between two statements, fails the next one; without listeners it would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => {
    open.add(client);
    client.on('error', () => {});
    // Said by the library whenever a connection has answered all that was asked on it.
    client.on('drain', () => {
      answeredAt = performance.now();
    });
  });
  pool.on('remove', (client) => open.delete(client));

  /** The first time one is lent. */
  async function setUp(client: pg.PoolClient): Promise<pg.PoolClient> {
    if (isPooled || ready.has(client)) return client;
    try {
      await translated(client.query(durably(false)));
    } catch (error) {
      client.release(true);
      throw error;
    }
    ready.add(client);
    return client;
  }

  async function lend(): Promise<pg.PoolClient> {
    const { promise, resolve, reject } = Promise.withResolvers<pg.PoolClient>();
    waiting.add(reject);
    pool.connect().then((client) => {
      if (waiting.has(reject)) resolve(client);
      else client.release();
    }, reject);
    try {
      return await setUp(await translated(promise));
    } finally {
      waiting.delete(reject);
    }
  }

  return {
    lend,
    get answeredAt() {
      return answeredAt;
    },
    breakAll: () => {
      const gone = new DatabaseUnavailable('PostgreSQL does not answer');
      for (const refuse of [...waiting]) {
        waiting.delete(refuse);
        refuse(gone);
      }
      for (const client of open) streamOf(client)?.destroy();
    },
    close: () => pool.end(),
  };
}

/** The connection below a client: the library's types do not name it. */
export function streamOf(client: pg.ClientBase): Socket | undefined {
  return (client as { connection?: { stream?: Socket } }).connection?.stream;
}
