import { type Expression, type RawBuilder, sql } from 'kysely';
import type { Dialect } from './database.ts';

/** Where a row stands in the order in which transactions were committed. */
export interface CommitPosition {
  /** The transaction; `0` where ids alone give the order. */
  readonly xid: string;
  readonly id: number;
}

export const BEGINNING: CommitPosition = { xid: '0', id: 0 };

export function isBefore(one: CommitPosition, other: CommitPosition): boolean {
  if (one.xid === other.xid) return one.id < other.id;
  return BigInt(one.xid) < BigInt(other.xid);
}

/** Where there is one writer: ids are the order, and nothing is committed late. */
export const isByIdAlone = (dialect: Dialect): boolean => dialect === 'sqlite';

interface Order {
  readonly xid: RawBuilder<string>;
  readonly by: RawBuilder<unknown>;
  readonly newestFirst: RawBuilder<unknown>;
  after(xid: string, id: number): Expression<boolean>;
  upTo(xid: string, id: number): Expression<boolean>;
  /** Nothing that is still to be committed will stand before it. */
  readonly settled: Expression<boolean>;
}

/**
 * The order of commits of a table whose rows carry their transaction where there are many writers. Ids are given out before the
 * commit, so that a reader who goes by them alone misses what is committed late.
 */
export function commitOrder(dialect: Dialect, table: string): Order {
  const id = sql.ref<number>(`${table}.id`);
  if (dialect === 'sqlite')
    return {
      xid: sql<string>`'0'`,
      by: sql`${id}`,
      newestFirst: sql`${id} desc`,
      after: (_, low) => sql<boolean>`${id} > ${low}`,
      upTo: (_, high) => sql<boolean>`${id} <= ${high}`,
      settled: sql`1 = 1`,
    };
  const xid = sql.ref(`${table}.xid`);
  return {
    xid: sql<string>`${xid}::text`,
    by: sql`${xid}, ${id}`,
    newestFirst: sql`${xid} desc, ${id} desc`,
    after: (lowXid, low) => sql<boolean>`(${xid}, ${id}) > (${lowXid}::text::xid8, ${low}::bigint)`,
    upTo: (highXid, high) => sql<boolean>`(${xid}, ${id}) <= (${highXid}::text::xid8, ${high}::bigint)`,
    settled: sql<boolean>`${xid} < pg_snapshot_xmin(pg_current_snapshot())`,
  };
}

/** Seconds that the oldest open transaction has lasted: nothing newer is settled before it ends. */
export function horizonAge(dialect: Dialect): Expression<number> {
  if (dialect === 'sqlite') return sql<number>`0`;
  return sql<number>`(select coalesce(max(extract(epoch from clock_timestamp() - xact_start)), 0)::float8 from pg_stat_activity
    where backend_xid is not null)`;
}

/** Whether a transaction of that number is still to come: then the number is of another cluster, from which the data was restored. */
export function isAhead(dialect: Dialect, xid: string): Expression<boolean> {
  if (dialect === 'sqlite') return sql<boolean>`1 = 0`;
  return sql<boolean>`${xid}::text::xid8 >= pg_snapshot_xmax(pg_current_snapshot())`;
}
