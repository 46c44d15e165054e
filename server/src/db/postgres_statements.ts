import type pg from 'pg';
import { type CompiledText, DatabaseUnavailable, isLockTimeout, type Row, type Writer } from './database.ts';
import { isBehindFailed, translated } from './postgres_errors.ts';

// One lock per stream, all taken by one statement in one order, before anything gives the transaction its id.
const LOCK: CompiledText = {
  name: 'lock',
  sql: `select pg_advisory_xact_lock(key) from
  (select distinct hashtextextended(stream, 0) as key from unnest($1::text[]) as stream order by 1) as keys`,
};

/** A transaction that somebody has begun on a connection. */
export interface Begun {
  readonly isPooled: boolean;
  /** Its beginning is on the way; resolves when the database has answered that. */
  readonly begun: Promise<unknown>;
  /** Nothing is said in its name once it is being committed or rolled back: the connection may be another's by then. */
  readonly isOpen: () => boolean;
}

/** The statements of a transaction. Those that are asked for at the same time go to the database together, in that order; locks are the first of them. */
export function writerOf(client: pg.ClientBase, { isPooled, begun, isOpen }: Begun): Writer {
  const locked = new Set<string>();
  let failure: unknown;

  async function ask(text: CompiledText, values: readonly unknown[]): Promise<pg.QueryResult> {
    if (!isOpen()) throw new Error('The transaction has ended');
    try {
      return await translated(client.query(asQuery(text, values, isPooled)));
    } catch (error) {
      failure ??= error;
      // What was asked behind a statement that failed only says that one has.
      throw isBehindFailed(error) ? failure : error;
    }
  }

  async function askInside(text: CompiledText, values: readonly unknown[]): Promise<pg.QueryResult> {
    // What changes something must not be sent before it is known to be inside.
    await begun;
    return ask(text, values);
  }

  return {
    dialect: 'postgres',
    locked,
    all: async (text, values) => (await askInside(text, values)).rows as Row[],
    run: async (text, values) => (await askInside(text, values)).rowCount ?? 0,
    lock: async (streams) => {
      const missing = streams.filter((stream) => !locked.has(stream));
      if (missing.length === 0) return;
      await Promise.all([begun, ask(LOCK, [missing])]).catch((error: unknown) => {
        throw isLockTimeout(error) ? new DatabaseUnavailable('A lock was not had in time', { cause: error }) : error;
      });
      for (const stream of missing) locked.add(stream);
    },
  };
}

/** What is said to a connection. */
export function asQuery({ name, sql }: CompiledText, values: readonly unknown[], isPooled: boolean) {
  const query = { text: sql, values: values as unknown[] };
  // What one connection has prepared the next one does not know.
  return name === undefined || isPooled ? query : { ...query, name };
}
