import { sql } from 'kysely';
import { queryOfEach } from '../../db/many.ts';
import { type Builder, change, type Query, query } from '../../db/statement.ts';

/** A message with its author's present name: what the presenter needs, but for reactions. */
function messageWithAuthor(q: Builder) {
  return q
    .selectFrom('messages as m')
    .innerJoin('users as u', 'u.id', 'm.author_id')
    .innerJoin('containers as c', 'c.id', 'm.container_id')
    .select([
      'm.id',
      'm.uuid',
      'm.container_id',
      'm.seq',
      'm.author_id',
      'u.username',
      'm.content',
      'm.parent_id',
      'm.reply_to_id',
      'm.thread_count',
      'm.is_pinned',
      'm.is_listed',
      'm.edit_count',
      'm.edited_at',
      'm.reaction_count',
      'm.attachment_count',
      'm.version',
      'm.mentions',
      'm.metadata',
      'm.deleted_at',
      'm.created_at',
      'm.updated_at',
      'c.visibility',
    ]);
}

/** A message, and the room or conversation it is in. */
export interface MessageAt {
  id: number;
  container_id: number;
}
const there = { id: 'bigint', container_id: 'bigint' } as const;

export const findMessage = query((q, p: { id: number }) => messageWithAuthor(q).where('m.id', '=', p.id));
export const findMessages = queryOfEach({ id: 'bigint' }, (q, p: { id: number }) =>
  messageWithAuthor(q).where('m.id', '=', p.id),
);
/** The same where it is known in which room or conversation each is: messages may be laid out by it. */
export const findMessagesThere = queryOfEach(there, (q, p: MessageAt) =>
  messageWithAuthor(q).where('m.id', '=', p.id).where('m.container_id', '=', p.container_id),
);
export type MessageOfContainer = typeof findMessage extends Query<infer _, infer O> ? O : never;

/** The message a reply names, if it is there, with the count of the thread it belongs to. */
export const findReplied = queryOfEach(there, (q, p: MessageAt) =>
  q
    .selectFrom('messages as m')
    .leftJoin('messages as root', (join) =>
      join.onRef('root.id', '=', 'm.parent_id').onRef('root.container_id', '=', 'm.container_id'),
    )
    .where('m.id', '=', p.id)
    .where('m.container_id', '=', p.container_id)
    .select([
      'm.id',
      'm.container_id',
      'm.parent_id',
      'm.content',
      sql<number>`coalesce(root.thread_count, m.thread_count)`.as('thread_count'),
    ]),
);

export const findSent = queryOfEach(
  { author_id: 'bigint', container_id: 'bigint', client_id: 'text' },
  (q, p: { author_id: number; container_id: number; client_id: string }) =>
    q
      .selectFrom('messages')
      .where('author_id', '=', p.author_id)
      .where('container_id', '=', p.container_id)
      .where('client_id', '=', p.client_id)
      .select(['id', 'container_id', 'payload_hash', 'deleted_at']),
);

export const insertRevision = change(
  (
    q,
    p: {
      container_id: number;
      message_id: number;
      version: number;
      content: string;
      edit_reason: string | null;
      editor_id: number;
      created_at: number;
    },
  ) =>
    q.insertInto('message_revisions').values({
      container_id: p.container_id,
      message_id: p.message_id,
      version: p.version,
      content: p.content,
      edit_reason: p.edit_reason,
      editor_id: p.editor_id,
      created_at: p.created_at,
    }),
);

export const findThreadCount = query((q, p: MessageAt) =>
  q.selectFrom('messages').where('id', '=', p.id).where('container_id', '=', p.container_id).select('thread_count'),
);

/** Newest first. */
export const findRevisions = query((q, p: { message_id: number; limit: number; offset: number }) =>
  q
    .selectFrom('message_revisions as r')
    .innerJoin('users as u', 'u.id', 'r.editor_id')
    .where('r.message_id', '=', p.message_id)
    .orderBy('r.version', 'desc')
    .limit(p.limit)
    .offset(p.offset)
    .select([
      'r.version',
      'r.content',
      'r.edit_reason',
      'r.editor_id',
      'u.username as editor_username',
      'r.created_at',
    ]),
);
