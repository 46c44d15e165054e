import { sql } from 'kysely';
import { type Builder, type Query, query } from '../../db/statement.ts';

/** A person somebody acts on in a room: the account, and the present membership if there is one. */
export const findTarget = query((q, p: { container_id: number; user_id: number }) =>
  q
    .selectFrom('users as u')
    .leftJoin('members as m', (join) =>
      join.onRef('m.user_id', '=', 'u.id').on('m.container_id', '=', p.container_id).on('m.left_at', 'is', null),
    )
    .where('u.id', '=', p.user_id)
    .where('u.is_deleted', '=', 0)
    .select([
      'u.id',
      'u.username',
      'u.role as server_role',
      'u.is_suspended',
      'm.role',
      'm.joined_at',
      'm.muted_until',
    ]),
);

const present = (q: Builder, containerId: number) =>
  q
    .selectFrom('members as m')
    .innerJoin('users as u', 'u.id', 'm.user_id')
    .where('m.container_id', '=', containerId)
    .where('m.left_at', 'is', null);

const columns = [
  'm.container_id',
  'm.user_id',
  'u.username',
  'u.display_name',
  'u.avatar_url',
  'm.role',
  'm.joined_at',
  'u.last_seen',
  'u.invisible_since',
  'u.created_at',
  'm.muted_until',
] as const;

export const findMember = query((q, p: { container_id: number; user_id: number }) =>
  present(q, p.container_id).where('m.user_id', '=', p.user_id).select(columns),
);
export type MemberWithUser = typeof findMember extends Query<infer _, infer O> ? O : never;

/** The same, or as it was when it ended. */
export const findMembership = query((q, p: { container_id: number; user_id: number }) =>
  q
    .selectFrom('members as m')
    .innerJoin('users as u', 'u.id', 'm.user_id')
    .where('m.container_id', '=', p.container_id)
    .where('m.user_id', '=', p.user_id)
    .select(columns),
);

/** When somebody left who was in the room once; nothing for who never was or still is. */
export const findDeparture = query((q, p: { container_id: number; user_id: number }) =>
  q
    .selectFrom('members')
    .where('container_id', '=', p.container_id)
    .where('user_id', '=', p.user_id)
    .where('left_at', 'is not', null)
    .select('left_at'),
);

interface Slice {
  container_id: number;
  limit: number;
  offset: number;
}

// The roles are literals and spelled as in the partial indexes, which the planner uses only then.
export const findOwner = query((q, p: { container_id: number }) =>
  present(q, p.container_id).where('m.role', '=', sql.lit('owner')).select(columns),
);

/** Ids alone are what the partial index holds; so it is asked for them, and not the whole room. */
const moderators = (q: Builder, containerId: number) =>
  q
    .selectFrom('members as office')
    .where('office.container_id', '=', containerId)
    .where('office.role', '=', sql.lit('moderator'))
    .where('office.left_at', 'is', null);

export const listModerators = query((q, p: Slice) =>
  moderators(q, p.container_id)
    .innerJoin('members as m', (join) =>
      join.onRef('m.container_id', '=', 'office.container_id').onRef('m.user_id', '=', 'office.user_id'),
    )
    .innerJoin('users as u', 'u.id', 'office.user_id')
    .orderBy('u.username_key')
    .limit(p.limit)
    .offset(p.offset)
    .select(columns),
);
export const countModerators = query((q, p: { container_id: number }) =>
  moderators(q, p.container_id).select(sql<number>`count(*)`.as('total')),
);

/** Plain members by name, by sorting all of them. */
export const listMembers = query((q, p: Slice) =>
  present(q, p.container_id)
    .where('m.role', '=', 'member')
    .orderBy('u.username_key')
    .limit(p.limit)
    .offset(p.offset)
    .select(columns),
);

/** The same by walking through all users by name, until there are enough: for rooms that most users are in. */
export const walkMembers = query((q, p: Slice) =>
  q
    .selectFrom('users as u')
    // SQLite keeps the order of a cross join; PostgreSQL knows from its statistics.
    .crossJoin('members as m')
    .whereRef('m.user_id', '=', 'u.id')
    .where('m.container_id', '=', p.container_id)
    .where('m.left_at', 'is', null)
    .where('m.role', '=', 'member')
    .orderBy('u.username_key')
    .limit(p.limit)
    .offset(p.offset)
    .select(columns),
);
