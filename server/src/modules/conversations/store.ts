import { queryOfEach } from '../../db/many.ts';
import { type Builder, type Query, query } from '../../db/statement.ts';

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
      'other.last_seen as other_last_seen',
    ]);
}

export const findConversation = query((q, p: { container_id: number; user_id: number }) => conversationFor(q, p));
export const findConversations = queryOfEach({ container_id: 'bigint', user_id: 'bigint' }, conversationFor);

export type ConversationForUser = typeof findConversation extends Query<infer _, infer O> ? O : never;
