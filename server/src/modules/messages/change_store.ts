import { sql } from 'kysely';
import { updateOfEach } from '../../db/many.ts';
import { change, query } from '../../db/statement.ts';
import type { MessageAt } from './store.ts';

/** Statements of edits, pins and deletions. */
export const updateContent = change((q, p: MessageAt & { content: string; mentions: string; at: number }) =>
  q
    .updateTable('messages')
    .set({
      content: p.content,
      mentions: p.mentions,
      edited_at: p.at,
      updated_at: p.at,
      edit_count: sql<number>`edit_count + 1`,
      version: sql<number>`version + 1`,
    })
    .where('id', '=', p.id)
    .where('container_id', '=', p.container_id),
);

export const deleteMention = change((q, p: { user_id: number; container_id: number; seq: number }) =>
  q
    .deleteFrom('mentions')
    .where('user_id', '=', p.user_id)
    .where('container_id', '=', p.container_id)
    .where('seq', '=', p.seq),
);

/** Adds to the mention counts of people who have not read that far. */
export const addMentionCounts = updateOfEach(
  { user_id: 'bigint', container_id: 'bigint', seq: 'bigint', delta: 'bigint' },
  (q, p: { user_id: number; container_id: number; seq: number; delta: number }) =>
    q
      .updateTable('members')
      .set({ mention_count: sql<number>`mention_count + ${p.delta}` })
      .where('members.container_id', '=', p.container_id)
      .where('members.user_id', '=', p.user_id)
      .where('members.left_at', 'is', null)
      .where('members.last_read_seq', '<', p.seq),
);

export const findMentioned = query((q, p: { message_id: number }) =>
  q.selectFrom('mentions').where('message_id', '=', p.message_id).select('user_id'),
);
export const deleteMentions = change((q, p: { message_id: number }) =>
  q.deleteFrom('mentions').where('message_id', '=', p.message_id),
);
export const deleteRevisions = change((q, p: { message_id: number }) =>
  q.deleteFrom('message_revisions').where('message_id', '=', p.message_id),
);
export const deleteReactions = change((q, p: { message_id: number }) =>
  q.deleteFrom('reactions').where('message_id', '=', p.message_id),
);

/** Scrubs a message; with living replies it stays listed as a tombstone. Its client_id stays: a repeated send must find it. */
export const scrub = change((q, p: MessageAt & { at: number }) =>
  q
    .updateTable('messages')
    .set({
      content: null,
      mentions: '[]',
      metadata: '{}',
      is_pinned: 0,
      reaction_count: 0,
      attachment_count: 0,
      is_listed: sql<0 | 1>`case when thread_count > 0 then 1 else 0 end`,
      deleted_at: p.at,
      updated_at: p.at,
      version: sql<number>`version + 1`,
    })
    .where('id', '=', p.id)
    .where('container_id', '=', p.container_id),
);

/** One reply less; a tombstone without replies leaves the lists. */
export const dropReply = change((q, p: MessageAt) =>
  q
    .updateTable('messages')
    .set({
      thread_count: sql<number>`thread_count - 1`,
      is_listed: sql<0 | 1>`case when content is null and thread_count <= 1 then 0 else 1 end`,
      version: sql<number>`version + 1`,
    })
    .where('id', '=', p.id)
    .where('container_id', '=', p.container_id),
);

export const addToCounters = change(
  (q, p: { id: number; messages: number; roots: number; pinned: number; pinned_roots: number }) =>
    q
      .updateTable('containers')
      .set({
        message_count: sql<number>`message_count + ${p.messages}`,
        root_count: sql<number>`root_count + ${p.roots}`,
        pinned_count: sql<number>`pinned_count + ${p.pinned}`,
        pinned_root_count: sql<number>`pinned_root_count + ${p.pinned_roots}`,
      })
      .where('id', '=', p.id),
);

/** For everybody who has not read that far a deleted message no longer counts; the author's own never did. */
export const skipForUnread = change((q, p: { container_id: number; seq: number; author_id: number }) =>
  q
    .updateTable('members')
    .set({ skipped_count: sql<number>`skipped_count + 1` })
    .where('container_id', '=', p.container_id)
    .where('left_at', 'is', null)
    .where('last_read_seq', '<', p.seq)
    .where('user_id', '!=', p.author_id),
);

export const setPinned = change((q, p: MessageAt & { is_pinned: 0 | 1 }) =>
  q
    .updateTable('messages')
    .set({ is_pinned: p.is_pinned, version: sql<number>`version + 1` })
    .where('id', '=', p.id)
    .where('container_id', '=', p.container_id),
);
