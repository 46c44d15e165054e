import { type Expression, sql } from 'kysely';
import type { Dialect } from './database.ts';

/** Epoch milliseconds by the clock of the database, which all its processes share. */
export function clockOf(dialect: Dialect): Expression<number> {
  if (dialect === 'sqlite') return sql<number>`cast(unixepoch('subsec') * 1000 as integer)`;
  return sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;
}
