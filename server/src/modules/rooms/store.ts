import { sql } from 'kysely';
import { queryOfEach } from '../../db/many.ts';
import { type Builder, type Query, query } from '../../db/statement.ts';

/** What everybody who sees a room sees of it. */
export const roomColumns = [
  'c.id',
  'c.uuid',
  'c.visibility',
  'c.last_seq',
  'c.last_activity',
  'c.created_at',
  'r.name',
  'r.description',
  'r.topic',
  'r.is_archived',
  'r.auto_join',
  'r.owner_id',
  'r.member_count',
  'r.max_members',
  'r.slow_mode_seconds',
  'r.metadata',
  'r.version',
  'r.updated_at',
] as const;

/** One person's place in it; all null without a present membership. */
export const placeColumns = ['m.role', 'm.last_read_seq', 'm.skipped_count', 'm.mention_count'] as const;

/** A room with one person's place in it: what every decision about that person in that room needs, in one statement. */
function roomFor(q: Builder, p: { container_id: number; user_id: number }) {
  return q
    .selectFrom('containers as c')
    .innerJoin('rooms as r', 'r.id', 'c.id')
    .leftJoin('members as m', (join) =>
      join.onRef('m.container_id', '=', 'c.id').on('m.user_id', '=', p.user_id).on('m.left_at', 'is', null),
    )
    .leftJoin('bans as b', (join) => join.onRef('b.container_id', '=', 'c.id').on('b.user_id', '=', p.user_id))
    .where('c.id', '=', p.container_id)
    .select([
      ...roomColumns,
      ...placeColumns,
      'c.message_count',
      'c.root_count',
      'c.pinned_count',
      'c.pinned_root_count',
      'm.joined_at',
      'm.muted_until',
      'm.last_sent_at',
      'b.created_at as banned_at',
      'b.until as banned_until',
    ]);
}

export const findRoom = query((q, p: { container_id: number; user_id: number }) => roomFor(q, p));
export const findRooms = queryOfEach({ container_id: 'bigint', user_id: 'bigint' }, roomFor);

export type RoomForUser = typeof findRoom extends Query<infer _, infer O> ? O : never;
/** A room without what only decisions about it need. */
export type ShownRoom = Pick<RoomForUser, Unprefixed<(typeof roomColumns | typeof placeColumns)[number]>>;
type Unprefixed<C extends string> = C extends `${string}.${infer Name}` ? Name : C;

/** The rooms a new person joins by himself, with what entering needs. */
export const findAutoRooms = query((q, _: object) =>
  q
    .selectFrom('rooms as r')
    .innerJoin('containers as c', 'c.id', 'r.id')
    // Literal, for the partial index.
    .where('r.auto_join', '=', sql.lit(1))
    .where('c.visibility', '!=', 'deleted')
    .orderBy('r.id')
    .select(['r.id', 'c.last_seq', 'r.auto_join', 'r.member_count', 'r.max_members']),
);

export const findOwned = query((q, p: { owner_id: number }) =>
  q
    .selectFrom('rooms as r')
    .innerJoin('containers as c', 'c.id', 'r.id')
    .where('r.owner_id', '=', p.owner_id)
    .where('c.visibility', '!=', sql.lit('deleted'))
    .orderBy('r.id')
    .select('r.id'),
);

/** Who has a room after its owner: the longest there of its moderators, else of its members, among those who may own one. */
export const findHeir = query((q, p: { container_id: number; owner_id: number }) =>
  q
    .selectFrom('members as m')
    .innerJoin('users as u', 'u.id', 'm.user_id')
    .where('m.container_id', '=', p.container_id)
    .where('m.user_id', '!=', p.owner_id)
    .where('m.left_at', 'is', null)
    .where('u.is_suspended', '=', sql.lit(0))
    .where('u.is_deleted', '=', sql.lit(0))
    .where('u.role', '!=', sql.lit('guest'))
    .orderBy(sql`case m.role when 'moderator' then 0 else 1 end`)
    .orderBy('m.joined_at')
    .orderBy('m.user_id')
    .limit(1)
    .select('m.user_id'),
);
