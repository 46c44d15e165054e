import { sql } from 'kysely';
import { queryOfEach } from '../../db/many.ts';
import { type Builder, change, type Query, query } from '../../db/statement.ts';

/** A conversation as one of its two sides sees it; nothing for anybody else. */
function conversationFor(q: Builder, p: { container_id: number; user_id: number }) {
  return q
    .selectFrom('containers as c')
    .innerJoin('conversations as v', 'v.id', 'c.id')
    .innerJoin('members as me', (join) => join.onRef('me.container_id', '=', 'c.id').on('me.user_id', '=', p.user_id))
    .innerJoin('members as peer', (join) =>
      join.onRef('peer.container_id', '=', 'c.id').onRef('peer.user_id', '!=', 'me.user_id'),
    )
    .innerJoin('users as other', 'other.id', 'peer.user_id')
    .where('c.id', '=', p.container_id)
    .select([
      'c.id',
      'c.uuid',
      'c.last_seq',
      'c.message_count',
      'c.root_count',
      'c.pinned_count',
      'c.pinned_root_count',
      'c.last_activity',
      'c.created_at',
      'me.last_read_seq',
      'me.skipped_count',
      'me.mention_count',
      'me.last_sent_at',
      'me.has_blocked as blocked_by_me',
      'peer.has_blocked as blocked_by_other',
      'peer.user_id as other_id',
      'other.username as other_username',
      'other.display_name as other_display_name',
      'other.avatar_url as other_avatar_url',
      'other.last_seen as other_last_seen',
      'other.invisible_since as other_invisible_since',
      'other.created_at as other_created_at',
    ]);
}

export const findConversation = query((q, p: { container_id: number; user_id: number }) => conversationFor(q, p));
export const findConversations = queryOfEach({ container_id: 'bigint', user_id: 'bigint' }, conversationFor);

export type ConversationForUser = typeof findConversation extends Query<infer _, infer O> ? O : never;

/** The present sides of a conversation the caller may list, newest activity first. */
function mine(q: Builder, userId: number) {
  return q
    .selectFrom('members as me')
    .innerJoin('containers as c', 'c.id', 'me.container_id')
    .where('me.user_id', '=', userId)
    .where('me.left_at', 'is', null)
    .where('c.visibility', '=', sql.lit('direct'));
}

export const listConversationIds = query((q, p: { user_id: number; limit: number; offset: number }) =>
  mine(q, p.user_id)
    .orderBy('c.last_activity', 'desc')
    .orderBy('c.id', 'desc')
    .limit(p.limit)
    .offset(p.offset)
    .select('c.id'),
);

export const countConversations = query((q, p: { user_id: number }) =>
  mine(q, p.user_id).select(sql<number>`count(*)`.as('count')),
);

export const findPair = query((q, p: { low: number; high: number }) =>
  q.selectFrom('conversations').where('low_user_id', '=', p.low).where('high_user_id', '=', p.high).select('id'),
);

export const findSides = query((q, p: { container_id: number }) =>
  q.selectFrom('members').where('container_id', '=', p.container_id).select('user_id'),
);

/** The conversation of two people, if either has blocked the other in it. */
export const findBlocks = queryOfEach({ low: 'bigint', high: 'bigint' }, (q, p: { low: number; high: number }) =>
  q
    .selectFrom('conversations as v')
    .innerJoin('members as side', 'side.container_id', 'v.id')
    .where('v.low_user_id', '=', p.low)
    .where('v.high_user_id', '=', p.high)
    .where('side.has_blocked', '=', sql.lit(1))
    .select('v.id'),
);

export const insertConversation = change((q, p: { id: number; low: number; high: number }) =>
  q.insertInto('conversations').values({ id: p.id, low_user_id: p.low, high_user_id: p.high }),
);

export const insertSide = change((q, p: { container_id: number; user_id: number; at: number }) =>
  q.insertInto('members').values({
    container_id: p.container_id,
    user_id: p.user_id,
    role: 'peer',
    joined_at: p.at,
    left_at: null,
    left_event: null,
    last_read_seq: 0,
    skipped_count: 0,
    mention_count: 0,
    muted_until: null,
    has_blocked: 0,
    last_sent_at: 0,
  }),
);

export const setBlocked = change((q, p: { container_id: number; user_id: number; has_blocked: 0 | 1 }) =>
  q
    .updateTable('members')
    .set({ has_blocked: p.has_blocked })
    .where('container_id', '=', p.container_id)
    .where('user_id', '=', p.user_id),
);

/** The newest living message of a container. */
export const findLastMessage = queryOfEach({ container_id: 'bigint' }, (q, p: { container_id: number }) =>
  q
    .selectFrom('messages')
    .where('container_id', '=', p.container_id)
    .where('is_listed', '=', sql.lit(1))
    .where('content', 'is not', null)
    .orderBy('id', 'desc')
    .select(['id', 'content', 'author_id', 'created_at']),
);
