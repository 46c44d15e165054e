import { type TObject, type TProperties, Type } from 'typebox';

/**
 * The event catalogue: what may be written into the log, which stream it belongs to, whether an audit row goes with it and
 * whether webhooks may carry it. `data` holds only what the rows cannot reproduce; everything else is rendered when read.
 */
export type StreamKind = 'container' | 'user' | 'server';

interface EventKind<Audited extends boolean = boolean> {
  readonly stream: StreamKind;
  readonly audited: Audited;
  readonly webhook: boolean;
  readonly data: TObject;
}

const kind = <A extends boolean>(
  stream: StreamKind,
  audited: A,
  webhook: boolean,
  data: TProperties = {},
): EventKind<A> => ({
  stream,
  audited,
  webhook,
  data: Type.Object(data, { additionalProperties: false }),
});
const role = Type.String();
/** How many chose it, after the change. */
const ofEmoji = { emoji: Type.String(), count: Type.Integer() };
const until = Type.Union([Type.Integer(), Type.Null()]);

export const eventCatalogue = {
  message_sent: kind('container', false, true, { thread_count: Type.Optional(Type.Integer()) }),
  message_updated: kind('container', true, true),
  message_deleted: kind('container', true, true, { seq: Type.Integer(), thread_count: Type.Optional(Type.Integer()) }),
  message_pinned: kind('container', true, true),
  message_unpinned: kind('container', true, true),
  reaction_added: kind('container', false, true, ofEmoji),
  reaction_removed: kind('container', false, true, ofEmoji),
  room_created: kind('container', true, true),
  room_updated: kind('container', true, true),
  room_deleted: kind('container', true, true, { name: Type.String() }),
  user_joined: kind('container', true, true, { role }),
  user_left: kind('container', true, true, { role, removed: Type.Boolean() }),
  member_role_changed: kind('container', true, true, { role, former_role: role }),
  user_banned: kind('container', true, true, { until }),
  user_unbanned: kind('container', true, true),
  member_muted: kind('container', true, true, { until }),
  member_unmuted: kind('container', true, true),
  conversation_created: kind('container', false, false),
  conversation_blocked: kind('container', true, false),
  conversation_unblocked: kind('container', true, false),
  file_uploaded: kind('container', false, true, { file_id: Type.Integer() }),
  file_deleted: kind('container', true, true, { file_id: Type.Integer(), filename: Type.String() }),
  private_file_uploaded: kind('user', false, false, { file_id: Type.Integer() }),
  private_file_deleted: kind('user', false, false, { file_id: Type.Integer(), filename: Type.String() }),
  read_mark_moved: kind('user', false, false, { seq: Type.Integer() }),
  user_created: kind('server', true, true),
  user_updated: kind('server', true, true, { renamed: Type.Boolean() }),
  user_role_changed: kind('server', true, false, { role, former_role: role }),
  user_suspended: kind('server', true, false),
  user_restored: kind('server', true, false),
  session_started: kind('user', true, false),
  session_ended: kind('user', true, false, { session_ids: Type.Array(Type.String()), reason: Type.String() }),
  password_changed: kind('user', true, false),
  private_room_read: kind('server', true, false),
  webhook_created: kind('server', true, false, { webhook_id: Type.Integer() }),
  webhook_updated: kind('server', true, false, { webhook_id: Type.Integer() }),
  webhook_deleted: kind('server', true, false, { webhook_id: Type.Integer() }),
  webhook_disabled: kind('server', true, true, { webhook_id: Type.Integer(), reason: Type.String() }),
} as const satisfies Record<string, EventKind>;

/** Events a webhook can subscribe to. `*` covers those within a room; the others must be named, by a webhook of the whole server. */
export const webhookEvents = {
  message_sent: { within: 'room', says: 'A message was sent in a room.' },
  message_updated: { within: 'room', says: 'Its author has edited a message.' },
  message_deleted: { within: 'room', says: 'A message was deleted; `content` is null.' },
  message_pinned: { within: 'room', says: 'A message was pinned.' },
  message_unpinned: { within: 'room', says: 'A message is pinned no longer.' },
  reaction_added: { within: 'room', says: 'Somebody has reacted to a message.' },
  reaction_removed: { within: 'room', says: 'A reaction was taken back.' },
  user_joined: { within: 'room', says: 'Somebody has come into a room, or was added.' },
  user_left: { within: 'room', says: 'Somebody has left a room, or was `removed`.' },
  member_role_changed: {
    within: 'room',
    says: 'A member has another role in the room; `former_role` was the one before.',
  },
  user_banned: { within: 'room', says: 'Somebody was banned from a room.' },
  user_unbanned: { within: 'room', says: 'A ban was lifted.' },
  member_muted: { within: 'room', says: 'A member may read, and not write.' },
  member_unmuted: { within: 'room', says: 'A member may write again.' },
  room_created: { within: 'room', says: 'A room was made.' },
  room_updated: { within: 'room', says: 'The settings of a room were changed.' },
  room_deleted: { within: 'room', says: 'A room is gone: the last event of it.' },
  file_uploaded: { within: 'room', says: 'A file was uploaded.' },
  file_deleted: { within: 'room', says: 'A file was deleted.' },
  message_reported: { within: 'room', says: 'A message was reported to the moderators. Nothing is reported yet.' },
  direct_message_sent: { within: 'server', says: 'A message was sent in a direct conversation.' },
  user_created: { within: 'server', says: 'An account was made.' },
  user_updated: { within: 'server', says: 'A profile was changed.' },
  user_deleted: { within: 'server', says: 'An account was erased. Nothing erases accounts yet.' },
  webhook_disabled: { within: 'room', says: 'A webhook was switched off by the server; `reason` says why.' },
  webhook_test: { within: 'room', says: 'A test was asked for; sent whatever the webhook has asked for.' },
} as const satisfies Record<string, { within: 'room' | 'server'; says: string }>;
export type WebhookEvent = keyof typeof webhookEvents;
/** What a webhook that asks for `*` is told of. */
export const starEvents: ReadonlySet<string> = new Set(
  Object.entries(webhookEvents).flatMap(([type, { within }]) => (within === 'room' ? [type] : [])),
);
/** What an event is called when it is of a conversation, where that is another name. */
export const directNames: Readonly<Record<string, 'direct_message_sent'>> = { message_sent: 'direct_message_sent' };

/**
 * Whom the event log tells of what, and by which name: the people of a room or conversation; oneself; everybody in a place where the
 * person is or was; admins, and whoever it happened to. What is not listed is told to nobody.
 */
export type Audience = 'members' | 'self' | 'acquaintances' | 'admins';
export const readEvents = {
  message_sent: { to: 'members', as: 'message_sent' },
  message_updated: { to: 'members', as: 'message_updated' },
  message_deleted: { to: 'members', as: 'message_deleted' },
  message_pinned: { to: 'members', as: 'message_pinned' },
  message_unpinned: { to: 'members', as: 'message_unpinned' },
  reaction_added: { to: 'members', as: 'reaction_added' },
  reaction_removed: { to: 'members', as: 'reaction_removed' },
  room_created: { to: 'members', as: 'room_created' },
  room_updated: { to: 'members', as: 'room_updated' },
  room_deleted: { to: 'members', as: 'room_deleted' },
  user_joined: { to: 'members', as: 'user_joined' },
  user_left: { to: 'members', as: 'user_left' },
  member_role_changed: { to: 'members', as: 'member_role_changed' },
  user_banned: { to: 'members', as: 'user_banned' },
  user_unbanned: { to: 'members', as: 'user_unbanned' },
  member_muted: { to: 'members', as: 'member_muted' },
  member_unmuted: { to: 'members', as: 'member_unmuted' },
  conversation_created: { to: 'members', as: 'dm_created' },
  conversation_blocked: { to: 'members', as: 'conversation_updated' },
  conversation_unblocked: { to: 'members', as: 'conversation_updated' },
  file_uploaded: { to: 'members', as: 'file_uploaded' },
  file_deleted: { to: 'members', as: 'file_deleted' },
  private_file_uploaded: { to: 'self', as: 'file_uploaded' },
  private_file_deleted: { to: 'self', as: 'file_deleted' },
  read_mark_moved: { to: 'self', as: 'read_updated' },
  user_created: { to: 'admins', as: 'user_created' },
  user_updated: { to: 'acquaintances', as: 'user_updated' },
  user_role_changed: { to: 'acquaintances', as: 'user_updated' },
  user_suspended: { to: 'admins', as: 'user_updated' },
  user_restored: { to: 'admins', as: 'user_updated' },
  webhook_disabled: { to: 'admins', as: 'webhook_disabled' },
} as const satisfies Partial<Record<EventType, { to: Audience; as: string }>>;
export type ToldType = keyof typeof readEvents;
/** What readers call an event; a message sent in a conversation has a name of its own, as for webhooks. */
export type ReadName = (typeof readEvents)[ToldType]['as'] | 'direct_message_sent';
export const readNames = [
  ...new Set<ReadName>([...Object.values(readEvents).map(({ as }) => as), 'direct_message_sent']),
];

/**
 * By what the log's events are found that have one of these names: their types there. A message of a conversation, which is not told
 * from a room's by its type, goes by its name.
 */
export function kindsOf(names: readonly ReadName[]): string[] {
  const types = Object.entries(readEvents).filter(([, { as }]) => names.includes(as));
  return [...types.map(([type]) => type), ...names.filter((name) => name === 'direct_message_sent')];
}

/** Those after which somebody sees nothing more of the room: the person it names, or everybody. */
export const endingEvents: ReadonlySet<string> = new Set<EventType>(['user_left', 'user_banned', 'room_deleted']);

/** What acts at once on every node, wherever it was committed; found by the index `events_acting`, which names the same. */
export const actingEvents = [
  ...(['user_left', 'user_banned', 'room_deleted', 'session_ended'] as const),
  ...(['user_updated', 'user_role_changed', 'user_suspended', 'user_restored'] as const),
] satisfies readonly EventType[];
const acting: ReadonlySet<string> = new Set(actingEvents);
export const isActing = (type: string): boolean => acting.has(type);

/** Whether somebody sees nothing more of a room after an event. */
export function endsAccess(type: string, userId: number | null, readerId: number): boolean {
  return endingEvents.has(type) && (type === 'room_deleted' || userId === readerId);
}

/** Of who is in a room, which guests are not shown. */
const membershipEvents: ReadonlySet<string> = new Set<EventType>([
  ...(['user_joined', 'user_left', 'member_role_changed', 'user_banned', 'user_unbanned'] as const),
  ...(['member_muted', 'member_unmuted'] as const),
]);

/** Whether a guest who looks into a room is told of an event there: what ends his own looking is. */
export const isForGuest = (type: string, userId: number | null, guestId: number): boolean =>
  !membershipEvents.has(type) || endsAccess(type, userId, guestId);

export type EventType = keyof typeof eventCatalogue;
type AuditedType = { [T in EventType]: (typeof eventCatalogue)[T]['audited'] extends true ? T : never }[EventType];

export interface AuditFacts {
  /** Who it happened to. */
  userId?: number | undefined;
  details?: Record<string, unknown>;
}

export interface EventSubject {
  containerId?: number;
  messageId?: number;
  userId?: number;
  /** The thing's version after the change; clients ignore lower ones. */
  version?: number;
  data?: Record<string, unknown>;
}

/** An audited type cannot be emitted without the facts of its audit row. */
export type NewEvent =
  | (EventSubject & { type: Exclude<EventType, AuditedType>; audit?: undefined })
  | (EventSubject & { type: AuditedType; audit: AuditFacts });

export const containerStream = (containerId: number): string => `container:${containerId}`;
export const userStream = (userId: number): string => `user:${userId}`;
export const serverStream = 'server';

export function streamOf(event: NewEvent): string {
  const { stream } = eventCatalogue[event.type];
  if (stream === 'container') return containerStream(required(event.containerId, event.type));
  return stream === 'user' ? userStream(required(event.userId, event.type)) : serverStream;
}

function required(id: number | undefined, type: string): number {
  if (id === undefined) throw new Error(`Event ${type} names no subject for its stream`);
  return id;
}
