import { sql } from 'kysely';
import { clockOf } from '../db/clock.ts';
import { type CommitPosition, commitOrder } from '../db/commit_order.ts';
import type { Dialect } from '../db/database.ts';
import { eventColumns } from '../db/events.ts';
import { change, query } from '../db/statement.ts';
import { actingEvents } from '../events.ts';

/** Seen last so many milliseconds ago, a node is gone. */
const since = (dialect: Dialect, ms: number) => sql<number>`${clockOf(dialect)} - ${ms}`;

const until = (dialect: Dialect, ms: number) => sql<number>`${clockOf(dialect)} + ${ms}`;

export const putNode = change((q, p: { id: string; version: string }, dialect) =>
  q
    .insertInto('nodes')
    .values({ id: p.id, version: p.version, started_at: clockOf(dialect), seen_at: clockOf(dialect) })
    .onConflict((on) => on.column('id').doUpdateSet({ seen_at: clockOf(dialect) })),
);

export const deleteNode = change((q, p: { id: string }) => q.deleteFrom('nodes').where('id', '=', p.id));

/** Takes away those that are gone, or of a clock that was put back; of several that find them at once, one gets them. */
export const takeGone = query((q, p: { ms: number }, dialect) =>
  q
    .deleteFrom('nodes')
    .where(({ or, eb }) => or([eb('seen_at', '<', since(dialect, p.ms)), eb('seen_at', '>', until(dialect, p.ms))]))
    .returning('id'),
);

export const findNodes = query((q, p: { ms: number }, dialect) =>
  q
    .selectFrom('nodes')
    .where('seen_at', '>=', since(dialect, p.ms))
    .where('seen_at', '<=', until(dialect, p.ms))
    .orderBy('id')
    .select('id'),
);

export const findLeases = query((q, _: object) => q.selectFrom('leases').select(['work', 'node_id']));

export const takeLease = change((q, p: { work: string; node_id: string }) =>
  q
    .insertInto('leases')
    .values({ work: p.work, node_id: p.node_id })
    .onConflict((on) => on.column('work').doNothing()),
);

export const dropLease = change((q, p: { work: string; node_id: string }) =>
  q.deleteFrom('leases').where('work', '=', p.work).where('node_id', '=', p.node_id),
);

export const dropLeasesOf = change((q, p: { node_id: string }) =>
  q.deleteFrom('leases').where('node_id', '=', p.node_id),
);

/** Those whose node is not there, however that came about. */
export const dropLostLeases = change((q, _: object) =>
  q.deleteFrom('leases').where('node_id', 'not in', ({ selectFrom }) => selectFrom('nodes').select('nodes.id')),
);

/** As constants, so that the index `events_acting` is found by them. */
const named = sql.join(actingEvents.map((type) => sql.lit(type)));

/** What was committed after a place and acts at once, whether or not it can be read yet in the order of the log. */
export const findActing = query((q, p: CommitPosition, dialect) => {
  const order = commitOrder(dialect, 'e');
  return q
    .selectFrom('events as e')
    .where(order.after(p.xid, p.id))
    .where(sql<boolean>`e.type in (${named})`)
    .orderBy(order.by)
    .select(eventColumns(dialect));
});
