import { sql } from 'kysely';
import { type CommitPosition, commitOrder, horizonAge, isByIdAlone } from '../db/commit_order.ts';
import type { Reader } from '../db/database.ts';
import { eventColumns } from '../db/events.ts';
import { type Builder, query } from '../db/statement.ts';

/** An event as the log has it. */
export interface LoggedEvent extends CommitPosition {
  readonly type: string;
  readonly actor_id: number;
  readonly container_id: number | null;
  readonly message_id: number | null;
  readonly user_id: number | null;
  readonly version: number | null;
  readonly data: Readonly<Record<string, unknown>>;
  /** Epoch milliseconds. */
  readonly created_at: number;
}

type Stored = Omit<LoggedEvent, 'data'> & { readonly data: string };
const NOTHING = {};

export const parseEvent = (row: Stored): LoggedEvent => ({
  ...row,
  data: row.data === '{}' ? NOTHING : JSON.parse(row.data),
});

const events = (q: Builder) => q.selectFrom('events as e');

const findAfter = query((q, p: CommitPosition & { limit: number }, dialect) => {
  const order = commitOrder(dialect, 'e');
  return events(q)
    .where(order.after(p.xid, p.id))
    .where(order.settled)
    .orderBy(order.by)
    .limit(p.limit)
    .select(eventColumns(dialect));
});

const findHead = query((q, _: object, dialect) => {
  const order = commitOrder(dialect, 'e');
  return events(q)
    .where(order.settled)
    .orderBy(order.newestFirst)
    .limit(1)
    .select(['e.id', order.xid.as('xid')]);
});

const findUpTo = query((q, p: CommitPosition & { limit: number }, dialect) => {
  const order = commitOrder(dialect, 'e');
  return events(q)
    .where(order.upTo(p.xid, p.id))
    .where(order.settled)
    .orderBy(order.newestFirst)
    .limit(p.limit)
    .select(eventColumns(dialect));
});

const findPosition = query((q, p: { id: number }, dialect) =>
  events(q)
    .where('e.id', '=', p.id)
    .select(['e.id', commitOrder(dialect, 'e').xid.as('xid')]),
);

const findUnsettled = query((q, _: object, dialect) =>
  events(q)
    .where(sql<boolean>`not (${commitOrder(dialect, 'e').settled})`)
    .limit(1)
    .select('e.id'),
);

const findFloor = query((q, _: object) => q.selectFrom('settings').where('key', '=', FLOOR).select('value'));

/** The setting that says up to where events have been forgotten. */
export const FLOOR = 'events_forgotten';

/** The next events of all streams in the order of commits. */
export async function readAfter(db: Reader, place: CommitPosition, limit: number): Promise<LoggedEvent[]> {
  const rows = await findAfter.all(db, { xid: place.xid, id: place.id, limit });
  return rows.map(parseEvent);
}

/** The events up to a place, that of the place itself among them; the last of them first. */
export async function readUpTo(db: Reader, place: CommitPosition, limit: number): Promise<LoggedEvent[]> {
  const rows = await findUpTo.all(db, { xid: place.xid, id: place.id, limit });
  return rows.map(parseEvent);
}

/** Where the log ends now; where it begins again when everything in it was forgotten. */
export async function readHead(db: Reader): Promise<CommitPosition> {
  return (await findHead.first(db, {})) ?? (await readFloor(db));
}

/** Up to where events have been forgotten. */
export async function readFloor(db: Reader): Promise<CommitPosition> {
  const kept = await findFloor.first(db, {});
  return kept ? (JSON.parse(kept.value) as CommitPosition) : { xid: '0', id: 0 };
}

/** The place of an event id somebody was given; undefined when what came after it may have been forgotten, or it never was. */
export async function placeOf(db: Reader, id: number): Promise<CommitPosition | undefined> {
  const floor = await readFloor(db);
  return floor.id === id ? floor : findPosition.first(db, { id });
}

/** Whether there are events that a transaction still under way keeps from being read. */
export async function isHeldBack(db: Reader): Promise<boolean> {
  return !isByIdAlone(db.dialect) && (await findUnsettled.first(db, {})) !== undefined;
}

const findHorizonAge = query((q, _: object, dialect) =>
  q.selectNoFrom(({ cast }) => cast<number>(horizonAge(dialect), 'real').as('seconds')),
);

/** For how long, in seconds, the oldest open transaction has kept later events from being read. */
export async function readHorizonAge(db: Reader): Promise<number> {
  return (await findHorizonAge.first(db, {}))?.seconds ?? 0;
}
