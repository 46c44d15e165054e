import { type TProperties, type TSchema, Type } from 'typebox';
import { Id, Nullable, PresenceStatus, Strict, Timestamp } from '../schemas.ts';
import { closeCodes } from './close_codes.ts';

/** A frame the server sends: what it is there for, and the shape of its `data`. The AsyncAPI document and docs/realtime.md are printed from this. */
export interface ServerFrame {
  readonly says: string;
  /** Told from the event log, with its `event_id`. */
  readonly isDurable: boolean;
  readonly data: TSchema;
}

const resumeFailures = ['expired', 'unknown'];
const Text = Type.String();
const Count = Type.Integer({ minimum: 0 });
const EventId = Type.String({ pattern: '^[0-9]+$', description: 'The place in the event log to resume from.' });
const Person = { user_id: Id, username: Text };
const People = Type.Array(Type.Object(Person));
const Reaction = Type.Object({ emoji: Text, count: Count, users: People });
const ofRoom = { room_id: Id };
const ofConversation = { conversation_id: Id };
const eitherPlace = { room_id: Type.Optional(Nullable(Id)), conversation_id: Type.Optional(Nullable(Id)) };
const Root = Type.Object({ message_id: Id, thread_count: Count, version: Type.Integer() });

/** What a client reads whatever else it knows: other fields may come. */
const open = (properties: TProperties) => Type.Object(properties, { additionalProperties: true });
const answer = (says: string, properties: TProperties): ServerFrame => ({
  says,
  isDurable: false,
  data: open(properties),
});
const event = (says: string, properties: TProperties): ServerFrame => ({
  says,
  isDurable: true,
  data: open({ ...properties, event_id: EventId }),
});

const words = {
  ...{ author_id: Id, username: Text, content: Nullable(Text), parent_id: Nullable(Id), thread_count: Count },
  ...{ is_pinned: Type.Boolean(), is_edited: Type.Boolean(), is_deleted: Type.Boolean(), created_at: Timestamp },
  ...{ reactions: Type.Array(Reaction), mention_count: Count, mentions: Type.Array(Id) },
  ...{ attachments: Type.Array(Type.Unknown()), reply_to_id: Nullable(Id) },
  ...{ metadata: Type.Record(Text, Type.Unknown()), seq: Type.Integer(), version: Type.Integer() },
  ...{ uuid: Text, edit_count: Count, updated_at: Timestamp, edited_at: Nullable(Timestamp) },
};
const sent = { message_id: Id, id: Id, ...words };
/** The message as REST shows it, and under the names it came with. */
const changed = {
  ...{ ...sent, room_id: Nullable(Id), conversation_id: Nullable(Id), parent_message_id: Nullable(Id), user_id: Id },
  ...{ root: Type.Optional(Root) },
};
const reacted = {
  ...{ message_id: Id, ...eitherPlace, ...Person, emoji: Text, count: Count, users: People },
  ...{ version: Type.Integer(), timestamp: Timestamp },
};
const Code = Type.String({
  description: 'A code of the REST API; `CONVERSATION_BLOCKED` where that says `USER_BLOCKED`.',
});
const stay = { ...ofRoom, ...Person, member_count: Count };

export const serverFrames = {
  hello: answer('The first frame of all.', {
    heartbeat_ms: Type.Integer(),
    server_time: Timestamp,
    last_event_id: EventId,
  }),
  reconnect: answer('The last frame before 1012, where the server restarts: wait so long before you come back.', {
    after_ms: Type.Integer({ description: 'Drawn for each socket, so that not all come at the same time.' }),
  }),
  auth_success: answer('The socket is its person’s.', {
    ...{ ...Person, role: Text, session_id: Text, server_time: Timestamp, last_event_id: EventId },
    expires_at: Type.String({
      ...Timestamp,
      description: 'When the token ends, and with it the socket: authenticate again before.',
    }),
    user: open({ id: Id, username: Text, role: Text, display_name: Nullable(Text) }),
  }),
  auth_error: answer(`It is not; the socket is closed with ${closeCodes.unauthenticated[0]}.`, {
    code: Text,
    message: Text,
    retry_after: Nullable(Type.Integer()),
    details: Type.Object({}, { additionalProperties: true }),
  }),
  resumed: answer('Everything that was missed has been told.', { count: Count, last_event_id: EventId }),
  resume_failed: answer('What was missed is not kept any more: read the lists.', {
    reason: Type.Enum(resumeFailures, {
      description: '`expired`: there is no such event any more, or none yet; `unknown`: it is no `event_id`.',
    }),
    last_event_id: EventId,
  }),
  heartbeat: answer('The connection lives.', { server_time: Timestamp, last_event_id: EventId }),
  pong: answer('The answer to `ping`.', { timestamp: Type.Unknown(), server_time: Timestamp }),
  ok: answer('A command was carried out.', { of: Text }),
  error: answer('A command was refused, with the codes of the REST API (one has another name).', {
    code: Code,
    message: Text,
    severity: Type.Enum(['low', 'medium', 'high']),
    retry_after: Nullable(Type.Integer()),
    details: open({}),
  }),
  room_joined: answer('The answer to `join_room`.', {
    ...{ ...ofRoom, room_name: Text, member_count: Count, user_role: Text, is_public: Type.Boolean() },
    last_message_id: Nullable(Id),
  }),
  room_left: answer('The answer to `leave_room`.', ofRoom),
  message_sent: answer('The answer to `send_message` and `send_dm`: the message is on stable storage.', {
    ...sent,
    ...{ ...eitherPlace, client_id: Nullable(Text) },
  }),
  room_history: answer('The answer to `get_history`.', {
    ...eitherPlace,
    messages: Type.Array(open({ id: Id, ...words })),
    has_more: Type.Boolean(),
    total_count: Count,
  }),
  message_reactions: answer('The answer to `get_reactions`.', {
    message_id: Id,
    total_reactions: Count,
    reactions: Type.Array(Reaction),
  }),
  dm_blocked: answer('The answer to `block_dm`.', {
    ...ofConversation,
    is_blocked: Type.Boolean(),
    blocked_by_me: Type.Boolean(),
  }),
  dm_list: answer('The answer to `list_dms`.', { conversations: Type.Array(open(ofConversation)) }),
  room_stats: answer('The answer to `get_room_stats`: what REST answers.', ofRoom),
  audit_logs: answer('The answer to `get_audit_logs`.', { ...ofRoom, logs: Type.Array(open({})), total: Count }),
  status_updated: answer('The answer to `update_status`.', { status: Text }),
  user_presence: answer('Somebody who shares a place comes, goes or has another status.', {
    ...{ ...Person, status: PresenceStatus, message: Nullable(Text) },
    ...{ last_seen: Timestamp, current_room: Nullable(Id) },
  }),
  typing_start: answer('Somebody is typing.', { ...eitherPlace, ...Person }),
  typing_stop: answer('Somebody is typing no more.', { ...eitherPlace, ...Person }),

  room_message: event('A message in a room.', {
    ...sent,
    ...{ ...ofRoom, room_name: Text, root: Type.Optional(Root) },
  }),
  dm_message: event('A message in a conversation.', { ...sent, ...ofConversation, root: Type.Optional(Root) }),
  message_updated: event('A message has other words: all of it, as REST shows it now.', changed),
  message_deleted: event('A message is gone: what is left of it; `content` is null.', changed),
  message_pinned: event('A message was pinned.', {
    ...{ message_id: Id, ...eitherPlace, pinned_by: Type.Integer(), version: Type.Optional(Type.Integer()) },
  }),
  message_unpinned: event('A message is pinned no longer.', {
    ...{ message_id: Id, ...eitherPlace, pinned_by: Type.Integer(), version: Type.Optional(Type.Integer()) },
  }),
  reaction_added: event('Somebody has reacted; `count` and `users` are of that emoji.', reacted),
  reaction_removed: event('Somebody took a reaction back.', reacted),
  room_created: event('A room was made.', { ...ofRoom, id: Id }),
  room_updated: event('A room has other settings.', { ...ofRoom, id: Id }),
  room_deleted: event('A room is gone.', { ...ofRoom, id: Id, name: Text }),
  user_joined: event('Somebody has come into a room.', { ...stay, role: Text }),
  user_left: event('Somebody has left a room, or was `removed`.', { ...stay, removed: Type.Boolean() }),
  member_role_changed: event('A member has another role.', { ...stay, role: Text, former_role: Text }),
  member_muted: event('A member may read, and not write.', { ...ofRoom, ...Person }),
  member_unmuted: event('A member may write again.', { ...ofRoom, ...Person }),
  user_banned: event('Somebody was banned from a room.', stay),
  user_unbanned: event('A ban was lifted.', { ...ofRoom, ...Person }),
  dm_created: {
    says: 'A conversation was opened; also the answer to `create_dm`, which has no `event_id`.',
    isDurable: true,
    data: open({ ...ofConversation, event_id: Type.Optional(EventId) }),
  },
  conversation_updated: event('A conversation was blocked or unblocked.', {
    ...ofConversation,
    is_blocked: Type.Boolean(),
    blocked_by_me: Type.Boolean(),
  }),
  file_uploaded: event('A file was uploaded.', { file_id: Id, ...eitherPlace }),
  file_deleted: event('A file was deleted.', { file_id: Id, ...eitherPlace }),
  read_updated: event('One’s own read mark has moved, with another socket or over REST.', {
    ...{ ...eitherPlace, unread_count: Count, mention_count: Count, last_read_message_id: Nullable(Id) },
  }),
  user_created: event('An account was made; for admins.', { user_id: Id }),
  user_updated: event('A profile has changed.', { user_id: Id }),
  webhook_disabled: event('A webhook was switched off; for admins and whoever had it.', { reason: Text }),
} as const satisfies Record<string, ServerFrame>;

/** The whole of a frame. */
export const frameSchema = (type: string, data: TSchema): TSchema =>
  Strict({ type: Type.Enum([type]), data, request_id: Type.Optional(Text) });
