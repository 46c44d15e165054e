import { sql } from 'kysely';
import { type Builder, type Query, query } from '../../db/statement.ts';

/** A mute is a time on the membership. One that has run out is as if it was not there. */
const muted = (q: Builder, containerId: number, now: number) =>
  q
    .selectFrom('members as m')
    .where('m.container_id', '=', containerId)
    .where('m.left_at', 'is', null)
    // Spelled out for the partial index.
    .where('m.muted_until', 'is not', null)
    .where('m.muted_until', '>', now);

export const listMutes = query((q, p: { container_id: number; now: number; limit: number; offset: number }) =>
  muted(q, p.container_id, p.now)
    .innerJoin('users as u', 'u.id', 'm.user_id')
    .orderBy('u.username_key')
    .limit(p.limit)
    .offset(p.offset)
    .select(['m.container_id', 'm.user_id', 'u.username', 'm.muted_until']),
);
export type MuteWithUser = typeof listMutes extends Query<infer _, infer O> ? O : never;

export const countMutes = query((q, p: { container_id: number; now: number }) =>
  muted(q, p.container_id, p.now).select(sql<number>`count(*)`.as('total')),
);
