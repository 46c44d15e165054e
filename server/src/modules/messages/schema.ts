import { type Static, Type } from 'typebox';
import { Component, Id, Limit, Nullable, Offset, Strict, Timestamp } from '../../schemas.ts';
import { metadataFault } from './metadata.ts';

const Person = Strict({ user_id: Id, username: Type.String() });

const Attachment = Component('Attachment', {
  file_id: Id,
  filename: Type.String(),
  size: Type.Integer(),
  mime_type: Type.String(),
  url: Type.String(),
  thumbnail_url: Type.String(),
  width: Nullable(Type.Integer()),
  height: Nullable(Type.Integer()),
});

export const Message = Component('Message', {
  id: Id,
  uuid: Type.String(),
  room_id: Nullable(Id),
  conversation_id: Nullable(Id),
  seq: Type.Integer({ description: '1, 2, 3 … within its room or conversation.' }),
  author_id: Id,
  username: Type.String({ description: 'Present name of the author.' }),
  content: Nullable(Type.String({ description: 'Null for a tombstone.' })),
  parent_message_id: Nullable(Id),
  reply_to_id: Nullable(Id),
  thread_count: Type.Integer(),
  is_pinned: Type.Boolean(),
  is_edited: Type.Boolean(),
  is_deleted: Type.Boolean(),
  edit_count: Type.Integer(),
  reactions: Type.Record(Type.String(), Strict({ count: Type.Integer(), users: Type.Array(Person) })),
  mentions: Type.Array(Id),
  attachments: Type.Array(Attachment),
  metadata: Type.Record(Type.String(), Type.Unknown()),
  created_at: Timestamp,
  updated_at: Timestamp,
  edited_at: Nullable(Timestamp),
  version: Type.Integer({ description: 'Grows with every change.' }),
  my_reactions: Type.Array(Type.String()),
});

export const MessagePage = Component('MessagePage', {
  messages: Type.Array(Message),
  has_more: Type.Boolean({ description: 'In the direction of travel.' }),
  has_more_before: Type.Boolean(),
  has_more_after: Type.Boolean(),
  total_count: Type.Integer({ description: 'What the filters select.' }),
});

export const Thread = Component('Thread', {
  messages: Type.Array(Message),
  total: Type.Integer(),
  has_more: Type.Boolean(),
});

export const Revisions = Component('Revisions', {
  revisions: Type.Array(
    Strict({
      version: Type.Integer(),
      content: Type.String(),
      edit_reason: Nullable(Type.String()),
      editor_id: Id,
      editor_username: Type.String(),
      created_at: Timestamp,
    }),
  ),
  total: Type.Integer(),
  has_more: Type.Boolean(),
});

export const Mentions = Component('Mentions', {
  messages: Type.Array(Message),
  has_more: Type.Boolean(),
  next_cursor: Nullable(Type.String()),
});

// The length is judged in code points by the action, with its own code; this bound only spares it the absurd.
const Content = Type.String({ description: 'At most 2 000 code points.' });

const Metadata = Type.Unsafe<Record<string, unknown>>(
  Type.Object(
    {},
    {
      additionalProperties: true,
      description: 'At most 4 KiB; `client_id` makes the send repeatable.',
      rule: metadataFault,
    },
  ),
);

export const SendBody = Strict({
  content: Type.Optional(Content),
  parent_message_id: Type.Optional(Nullable(Id)),
  metadata: Type.Optional(Nullable(Metadata)),
  file_ids: Type.Optional(
    Type.Array(Id, {
      maxItems: 10,
      uniqueItems: true,
      description: 'Own uploads; with them the content may be empty or missing.',
    }),
  ),
});

export const EditBody = Strict({
  content: Content,
  edit_reason: Type.Optional(Nullable(Type.String({ maxLength: 500 }))),
});
export const DeleteBody = Strict({ reason: Type.Optional(Nullable(Type.String({ maxLength: 500 }))) });
export const PinBody = Strict({ pinned: Type.Boolean({ default: true }) });

export const ListQuery = Strict({
  limit: Limit,
  before_id: Type.Optional(Id),
  after_id: Type.Optional(Id),
  around_id: Type.Optional(Id),
  include_threads: Type.Boolean({ default: false }),
  pinned_only: Type.Boolean({ default: false }),
  order: Type.Enum(['asc', 'desc'], { default: 'desc' }),
});
export const ThreadQuery = Strict({
  limit: Limit,
  before_id: Type.Optional(Id),
  after_id: Type.Optional(Id),
});
export const HistoryQuery = Strict({ limit: Limit, offset: Offset });
export const MentionsQuery = Strict({
  limit: Limit,
  cursor: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,15}$' })),
});

export type ListOptions = Static<typeof ListQuery>;
