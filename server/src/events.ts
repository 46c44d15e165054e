import { type TProperties, type TSchema, Type } from 'typebox';

/**
 * The event catalogue: what may be written into the log, which stream it belongs to, whether an audit row goes with it and
 * whether webhooks may carry it. `data` holds only what the rows cannot reproduce; everything else is rendered when read.
 */
export type StreamKind = 'container' | 'user' | 'server';

interface EventKind<Audited extends boolean = boolean> {
  readonly stream: StreamKind;
  readonly audited: Audited;
  readonly webhook: boolean;
  readonly data: TSchema;
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
} as const satisfies Record<string, EventKind>;

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
