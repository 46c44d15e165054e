import { sql } from 'kysely';
import { change, query } from '../../db/statement.ts';

interface Range {
  container_id: number;
  user_id: number;
  /** Exclusive. */
  low: number;
  /** Inclusive. */
  high: number;
}

/** Messages of a range that never count as unread for this person: own ones and deleted ones. */
export const countSkipped = query((q, p: Range) =>
  q
    .selectFrom('messages')
    .where('container_id', '=', p.container_id)
    .where('seq', '>', p.low)
    .where('seq', '<=', p.high)
    .where(({ or, eb }) => or([eb('author_id', '=', p.user_id), eb('content', 'is', null)]))
    .select(sql<number>`count(*)`.as('count')),
);

export const countMentions = query((q, p: Range) =>
  q
    .selectFrom('mentions')
    .where('user_id', '=', p.user_id)
    .where('container_id', '=', p.container_id)
    .where('seq', '>', p.low)
    .where('seq', '<=', p.high)
    .select(sql<number>`count(*)`.as('count')),
);

export const moveMark = change(
  (q, p: { container_id: number; user_id: number; seq: number; skipped: number; mentions: number }) =>
    q
      .updateTable('members')
      .set({
        last_read_seq: p.seq,
        skipped_count: sql<number>`skipped_count + ${p.skipped}`,
        mention_count: sql<number>`mention_count + ${p.mentions}`,
      })
      .where('container_id', '=', p.container_id)
      .where('user_id', '=', p.user_id),
);

export const findMark = query((q, p: { container_id: number; user_id: number }) =>
  q
    .selectFrom('members as m')
    .innerJoin('containers as c', 'c.id', 'm.container_id')
    .leftJoin('messages as read', (join) =>
      join.onRef('read.container_id', '=', 'm.container_id').onRef('read.seq', '=', 'm.last_read_seq'),
    )
    .where('m.container_id', '=', p.container_id)
    .where('m.user_id', '=', p.user_id)
    .select(['c.last_seq', 'm.last_read_seq', 'm.skipped_count', 'm.mention_count', 'read.id as last_read_message_id']),
);

/** Every container one is in with something unread, by one index. */
export const unreadOf = query((q, p: { user_id: number }) =>
  q
    .selectFrom('members as m')
    .innerJoin('containers as c', 'c.id', 'm.container_id')
    .leftJoin('messages as read', (join) =>
      join.onRef('read.container_id', '=', 'm.container_id').onRef('read.seq', '=', 'm.last_read_seq'),
    )
    .where('m.user_id', '=', p.user_id)
    .where('m.left_at', 'is', null)
    .where('c.visibility', '!=', sql.lit('deleted'))
    .where(({ or, eb }) =>
      or([
        eb('c.last_seq', '>', sql<number>`m.last_read_seq + m.skipped_count`),
        eb('m.mention_count', '>', sql.lit(0)),
      ]),
    )
    .orderBy('c.last_activity', 'desc')
    .orderBy('c.id', 'desc')
    .select([
      'c.id',
      'c.visibility',
      'c.last_seq',
      'm.last_read_seq',
      'm.skipped_count',
      'm.mention_count',
      'read.id as last_read_message_id',
    ]),
);
