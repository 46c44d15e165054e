import { sql } from 'kysely';
import { insertOfEach, queryOfEach, updateOfEach } from '../../db/many.ts';

/** The statements of a batch of sends; every one of them takes the whole batch. */
export const insertMessages = insertOfEach(
  'messages',
  {
    uuid: 'text',
    container_id: 'bigint',
    seq: 'bigint',
    author_id: 'bigint',
    content: 'text',
    parent_id: 'bigint',
    reply_to_id: 'bigint',
    thread_count: 'bigint',
    is_pinned: 'bigint',
    is_listed: 'bigint',
    edit_count: 'bigint',
    reaction_count: 'bigint',
    attachment_count: 'bigint',
    version: 'bigint',
    mentions: 'text',
    metadata: 'text',
    client_id: 'text',
    payload_hash: 'text',
    created_at: 'bigint',
    updated_at: 'bigint',
  },
  'id',
);

export const insertMentions = insertOfEach('mentions', {
  user_id: 'bigint',
  container_id: 'bigint',
  seq: 'bigint',
  message_id: 'bigint',
});

interface Counted {
  id: number;
  last_seq: number;
  sent: number;
  roots: number;
  at: number;
}
export const updateContainers = updateOfEach(
  { id: 'bigint', last_seq: 'bigint', sent: 'bigint', roots: 'bigint', at: 'bigint' },
  (q, p: Counted) =>
    q
      .updateTable('containers')
      .set({
        last_seq: p.last_seq,
        message_count: sql<number>`message_count + ${p.sent}`,
        root_count: sql<number>`root_count + ${p.roots}`,
        last_activity: p.at,
      })
      .where('containers.id', '=', p.id),
);

interface Sender {
  container_id: number;
  user_id: number;
  seq: number;
  mentioned: number;
  at: number;
}
/** Sending moves the sender's mark to his message, so that own messages never count. */
export const updateSenders = updateOfEach(
  { container_id: 'bigint', user_id: 'bigint', seq: 'bigint', mentioned: 'bigint', at: 'bigint' },
  (q, p: Sender) =>
    q
      .updateTable('members')
      .set({ last_read_seq: p.seq, skipped_count: sql.lit(0), mention_count: p.mentioned, last_sent_at: p.at })
      .where('members.container_id', '=', p.container_id)
      .where('members.user_id', '=', p.user_id),
);

export const updateMentioned = updateOfEach(
  { container_id: 'bigint', user_id: 'bigint', mentioned: 'bigint' },
  (q, p: { container_id: number; user_id: number; mentioned: number }) =>
    q
      .updateTable('members')
      .set({ mention_count: sql<number>`mention_count + ${p.mentioned}` })
      .where('members.container_id', '=', p.container_id)
      .where('members.user_id', '=', p.user_id)
      .where('members.left_at', 'is', null),
);

export interface Replies {
  id: number;
  container_id: number;
  replies: number;
}
export const updateRoots = updateOfEach({ id: 'bigint', container_id: 'bigint', replies: 'bigint' }, (q, p: Replies) =>
  q
    .updateTable('messages')
    .set({ thread_count: sql<number>`thread_count + ${p.replies}`, version: sql<number>`version + 1` })
    .where('messages.id', '=', p.id)
    .where('messages.container_id', '=', p.container_id),
);

interface Mentionable {
  username_key: string;
  container_id: number;
  author_id: number;
  /** 1 where everybody may read, as in a public room. */
  is_open: number;
  now: number;
}
/** The person of that name, if he can see the container and no block keeps the author from him. */
export const findMentionable = queryOfEach(
  { username_key: 'text', container_id: 'bigint', author_id: 'bigint', is_open: 'bigint', now: 'bigint' },
  (q, p: Mentionable) =>
    q
      .selectFrom('users as u')
      .where('u.username_key', '=', p.username_key)
      .where('u.is_deleted', '=', sql.lit(0))
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('bans as b')
              .whereRef('b.user_id', '=', 'u.id')
              .where('b.container_id', '=', p.container_id)
              .where(({ or, eb }) => or([eb('b.until', 'is', null), eb('b.until', '>', p.now)]))
              .select(sql.lit(1).as('one')),
          ),
        ),
      )
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('conversations as v')
              .innerJoin('members as side', 'side.container_id', 'v.id')
              .where('side.has_blocked', '=', sql.lit(1))
              .where(({ or, and, eb }) =>
                or([
                  and([eb('v.low_user_id', '=', p.author_id), eb('v.high_user_id', '=', eb.ref('u.id'))]),
                  and([eb('v.high_user_id', '=', p.author_id), eb('v.low_user_id', '=', eb.ref('u.id'))]),
                ]),
              )
              .select(sql.lit(1).as('one')),
          ),
        ),
      )
      .where(({ or, exists, selectFrom }) =>
        or([
          sql<boolean>`${p.is_open} = 1`,
          exists(
            selectFrom('members as m')
              .whereRef('m.user_id', '=', 'u.id')
              .where('m.container_id', '=', p.container_id)
              .where('m.left_at', 'is', null)
              .select(sql.lit(1).as('one')),
          ),
        ]),
      )
      .select(['u.username_key', 'u.id']),
);
