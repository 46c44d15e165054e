import { sql } from 'kysely';
import { type Builder, change, type Query, query } from '../../db/statement.ts';

interface Key {
  container_id: number;
  user_id: number;
}

/** Bans that have not run out; those that have are as if they were not there. */
const active = (q: Builder, containerId: number, now: number) =>
  q
    .selectFrom('bans as b')
    .where('b.container_id', '=', containerId)
    .where(({ or, eb }) => or([eb('b.until', 'is', null), eb('b.until', '>', now)]));

const withName = (q: Builder, containerId: number, now: number) =>
  active(q, containerId, now)
    .innerJoin('users as u', 'u.id', 'b.user_id')
    .select(['b.container_id', 'b.user_id', 'u.username', 'b.moderator_id', 'b.reason', 'b.until', 'b.created_at']);

export const findBan = query((q, p: Key & { now: number }) =>
  withName(q, p.container_id, p.now).where('b.user_id', '=', p.user_id),
);
export type BanWithUser = typeof findBan extends Query<infer _, infer O> ? O : never;

/** Newest first. */
export const listBans = query((q, p: { container_id: number; now: number; limit: number; offset: number }) =>
  withName(q, p.container_id, p.now)
    .orderBy('b.created_at', 'desc')
    .orderBy('b.user_id', 'desc')
    .limit(p.limit)
    .offset(p.offset),
);

export const countBans = query((q, p: { container_id: number; now: number }) =>
  active(q, p.container_id, p.now).select(sql<number>`count(*)`.as('total')),
);

interface Ban extends Key {
  moderator_id: number;
  reason: string | null;
  until: number | null;
  created_at: number;
}

export const putBan = change((q, p: Ban) =>
  q
    .insertInto('bans')
    .values({
      container_id: p.container_id,
      user_id: p.user_id,
      moderator_id: p.moderator_id,
      reason: p.reason,
      until: p.until,
      created_at: p.created_at,
    })
    .onConflict((conflict) =>
      conflict.columns(['container_id', 'user_id']).doUpdateSet((eb) => ({
        moderator_id: eb.ref('excluded.moderator_id'),
        reason: eb.ref('excluded.reason'),
        until: eb.ref('excluded.until'),
        created_at: eb.ref('excluded.created_at'),
      })),
    ),
);

export const deleteBan = change((q, p: Key) =>
  q.deleteFrom('bans').where('container_id', '=', p.container_id).where('user_id', '=', p.user_id),
);
