import type pg from 'pg';
import { type CompiledText, DatabaseUnavailable, isLockTimeout, type Row, type Writer } from './database.ts';
import { translated } from './postgres_errors.ts';

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

/** What is said to a connection. */
export function asQuery({ name, sql }: CompiledText, values: readonly unknown[], isPooled: boolean) {
  const query = { text: sql, values: values as unknown[] };
  // What one connection has prepared the next one does not know.
  return name === undefined || isPooled ? query : { ...query, name };
}
