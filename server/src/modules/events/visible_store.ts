import { type RawBuilder, sql } from 'kysely';
import { type CommitPosition, commitOrder } from '../../db/commit_order.ts';
import type { Dialect } from '../../db/database.ts';
import { eventColumns } from '../../db/events.ts';
import { type Builder, query } from '../../db/statement.ts';

/** A stretch of the log, and what of it is asked for. */
export interface Stretch {
  readonly after_xid: string;
  readonly after_id: number;
  readonly to_xid: string;
  readonly to_id: number;
  readonly limit: number;
  /** Types of events, and `direct_message_sent`, as `listOf` makes a value of them; null for all. */
  readonly kinds: unknown;
}

export interface Viewer {
  readonly user_id: number;
  /** The stream of what concerns this person alone. */
  readonly own_stream: string;
  readonly is_admin: 0 | 1;
  /** Conversations are closed to guests, those they had before included. */
  readonly is_guest: 0 | 1;
  /** Of this place alone; null for all. */
  readonly place_id: number | null;
}

type Visible = Stretch & Viewer;

function within(p: Stretch, dialect: Dialect) {
  const order = commitOrder(dialect, 'e');
  return sql<boolean>`${order.after(p.after_xid, p.after_id)} and ${order.upTo(p.to_xid, p.to_id)} and ${order.settled}`;
}

/** Many texts are one value, so that the statement is one too. */
export const listOf = (dialect: Dialect, texts: readonly string[]): unknown =>
  dialect === 'sqlite' ? JSON.stringify(texts) : texts;

function isAskedFor({ kinds }: Stretch, dialect: Dialect, kind: RawBuilder<string> = sql<string>`e.type`) {
  if (dialect === 'sqlite')
    return sql<boolean>`(${kinds} is null or ${kind} in (select value from json_each(${kinds})))`;
  return sql<boolean>`(${kinds}::text[] is null or ${kind} = any(${kinds}::text[]))`;
}

const isOfPlace = ({ place_id }: Viewer, column: string) =>
  sql<boolean>`(cast(${place_id} as bigint) is null or ${sql.ref(column)} = cast(${place_id} as bigint))`;

const kindThere = sql<string>`case when m.role = 'peer' and e.type = 'message_sent' then 'direct_message_sent' else e.type end`;

/** Of the places somebody is in: their streams are searched one by one, so that what others do costs nothing. */
const ofPlaces = (q: Builder, p: Visible, dialect: Dialect) =>
  q
    .selectFrom('members as m')
    .innerJoin('events as e', (join) =>
      join.on('e.stream', '=', sql<string>`'container:' || ${sql.ref('m.container_id')}`),
    )
    .where('m.user_id', '=', p.user_id)
    .where('m.left_at', 'is', null)
    .where(sql<boolean>`(m.role <> 'peer' or ${p.is_guest} = 0)`)
    .where(isOfPlace(p, 'm.container_id'))
    .where(within(p, dialect))
    .where(isAskedFor(p, dialect, kindThere))
    .select(eventColumns(dialect));

/** What ended a stay. */
const ofEndings = (q: Builder, p: Visible, dialect: Dialect) =>
  q
    .selectFrom('members as m')
    .innerJoin('events as e', 'e.id', 'm.left_event')
    .where('m.user_id', '=', p.user_id)
    .where('m.left_event', 'is not', null)
    .where('m.left_at', 'is not', null)
    .where(isOfPlace(p, 'm.container_id'))
    .where(within(p, dialect))
    .where(isAskedFor(p, dialect))
    .select(eventColumns(dialect));

const ofOneself = (q: Builder, p: Visible, dialect: Dialect) =>
  q
    .selectFrom('events as e')
    .where('e.stream', '=', p.own_stream)
    .where(isOfPlace(p, 'e.container_id'))
    .where(within(p, dialect))
    .where(isAskedFor(p, dialect))
    .select(eventColumns(dialect));

/** About accounts: for admins, the person himself, and of profiles those who are where he is or was, and left his name. */
const ofAccounts = (q: Builder, p: Visible, dialect: Dialect) =>
  q
    .selectFrom('events as e')
    .where('e.stream', '=', sql.lit('server'))
    .where(isOfPlace(p, 'e.container_id'))
    .where(within(p, dialect))
    .where(isAskedFor(p, dialect))
    .where(
      sql<boolean>`(${p.is_admin} = 1 or e.user_id = ${p.user_id} or (e.type in ('user_updated', 'user_role_changed') and exists (
        select 1 from members as his join members as mine on mine.container_id = his.container_id
        where his.user_id = e.user_id and mine.user_id = ${p.user_id} and mine.left_at is null)))`,
    )
    .select(eventColumns(dialect));

export const findVisible = query((q, p: Visible, dialect) =>
  q
    .selectFrom(
      ofPlaces(q, p, dialect)
        .unionAll(ofEndings(q, p, dialect))
        .unionAll(ofOneself(q, p, dialect))
        .unionAll(ofAccounts(q, p, dialect))
        .as('e'),
    )
    .orderBy(dialect === 'sqlite' ? sql`e.id` : sql`e.xid::xid8, e.id`)
    .limit(p.limit)
    .selectAll(),
);

/** Everything of one room. */
export const findOfStream = query((q, p: Stretch & { stream: string }, dialect) =>
  q
    .selectFrom('events as e')
    .where('e.stream', '=', p.stream)
    .where(within(p, dialect))
    .where(isAskedFor(p, dialect))
    .orderBy(commitOrder(dialect, 'e').by)
    .limit(p.limit)
    .select(eventColumns(dialect)),
);

/** The event so many places further on; none when the log ends before. */
export const findStep = query((q, p: CommitPosition & { steps: number }, dialect) => {
  const order = commitOrder(dialect, 'e');
  return q
    .selectFrom('events as e')
    .where(order.after(p.xid, p.id))
    .where(order.settled)
    .orderBy(order.by)
    .limit(1)
    .offset(p.steps)
    .select(['e.id', order.xid.as('xid')]);
});

/** The event that ended somebody's stay in a room; null while he is there. */
export const findEnding = query((q, p: { container_id: number; user_id: number }) =>
  q
    .selectFrom('members')
    .where('container_id', '=', p.container_id)
    .where('user_id', '=', p.user_id)
    .where('left_at', 'is not', null)
    .select('left_event'),
);
