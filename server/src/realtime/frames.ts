import type { ReadName } from '../events.ts';
import type { Shape } from '../modules/events/facts.ts';
import type { ToldEvent } from '../modules/events/told.ts';
import type { Run } from './audience.ts';

export interface Frame {
  readonly type: string;
  readonly data: Shape;
}

/** A frame as bytes, ready for any number of sockets: one unmasked text message (RFC 6455, 5.2). */
export function bytesOf(frame: object): Buffer {
  const text = JSON.stringify(frame);
  const length = Buffer.byteLength(text);
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const bytes = Buffer.allocUnsafe(start + length);
  bytes[0] = FINAL_TEXT;
  if (start === 2) bytes[1] = length;
  else if (start === 4) {
    bytes[1] = 126;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = 127;
    bytes.writeBigUInt64BE(BigInt(length), 2);
  }
  bytes.write(text, start);
  return bytes;
}

const FINAL_TEXT = 0x81;

/** Frames that are called otherwise than their event. */
export const frameNames = {
  message_sent: 'room_message',
  direct_message_sent: 'dm_message',
} as const satisfies Partial<Record<ReadName, string>>;

const kept = new WeakMap<Run, Buffer>();

/** Events as the bytes of their frames; made once for all who are shown the same. */
export function runBytes(run: Run, viewerId: number): Buffer {
  const own = run[0].dataOf?.get(viewerId);
  if (own) return bytesOf(eventFrame(run[0], own));
  let bytes = kept.get(run);
  if (bytes === undefined) {
    const frames = run.map((event) => bytesOf(eventFrame(event, event.data)));
    bytes = frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames);
    kept.set(run, bytes);
  }
  return bytes;
}

/** An event as a frame: the protocol's own shape where it has one, else what REST shows. */
function eventFrame(event: ToldEvent, data: Shape): Frame {
  const event_id = `${event.id}`;
  const { name, timestamp } = event;
  switch (name) {
    case 'message_sent':
      return { type: frameNames[name], data: { ...sentIn(event, data), room_name: event.roomName, event_id } };
    case 'direct_message_sent':
      return { type: frameNames[name], data: { ...sentIn(event, data), event_id } };
    case 'message_pinned':
    case 'message_unpinned':
      return { type: name, data: { ...pinned(event, data), event_id } };
    case 'message_updated':
    case 'message_deleted':
      return { type: name, data: { ...changed(data), event_id } };
    case 'dm_created':
      return { type: name, data: { ...data, ...conversationOf(data, event), event_id } };
    default:
      return { type: name, data: { ...data, timestamp, event_id } };
  }
}

/** A message as frames carry it. */
export function messageShape(message: Shape): Shape {
  const { id, author_id, username, content, thread_count, is_pinned, is_edited, created_at, mentions } = message;
  const { uuid, edit_count, updated_at, edited_at } = message;
  return {
    ...{
      id,
      uuid,
      author_id,
      username,
      content,
      parent_id: message.parent_message_id,
      thread_count,
      is_pinned,
      is_edited,
    },
    ...{ created_at, reactions: asList(message.reactions), mention_count: (mentions as number[]).length, mentions },
    ...{ attachments: message.attachments, reply_to_id: message.reply_to_id, is_deleted: message.is_deleted },
    ...{ metadata: message.metadata, seq: message.seq, version: message.version },
    ...{ edit_count, updated_at, edited_at },
  };
}

function sentIn({ isDirect, containerId }: ToldEvent, message: Shape): Shape {
  const place = isDirect ? { conversation_id: containerId } : { room_id: containerId };
  // One that is gone altogether is told of by its ids.
  if (message.id === undefined) return { ...message, ...place, id: message.message_id };
  const root = message.root === undefined ? {} : { root: message.root };
  return { message_id: message.id, ...place, ...messageShape(message), ...root };
}

/** As REST shows it, and under the names the message came with. */
function changed(message: Shape): Shape {
  // One that is gone altogether is told of by its ids.
  if (message.id === undefined) return { ...message, reactions: [] };
  const { id, parent_message_id, reactions, mentions } = message;
  const mention_count = (mentions as number[]).length;
  return { ...message, message_id: id, parent_id: parent_message_id, mention_count, reactions: asList(reactions) };
}

function pinned({ isDirect, containerId, actorId }: ToldEvent, message: Shape): Shape {
  const place = isDirect ? { conversation_id: containerId } : { room_id: containerId };
  return { message_id: message.id ?? message.message_id, ...place, pinned_by: actorId, version: message.version };
}

function conversationOf({ id, other_user }: Shape, { actorId, userId }: ToldEvent): Shape {
  return id === undefined || other_user === undefined
    ? {}
    : { conversation_id: id, user1_id: actorId, user2_id: userId };
}

interface OfEmoji {
  readonly count: number;
  readonly users: readonly unknown[];
}

/** In frames reactions are a list. */
function asList(reactions: unknown): unknown {
  return Object.entries((reactions ?? {}) as Record<string, OfEmoji>).map(([emoji, { count, users }]) => ({
    emoji,
    count,
    users,
  }));
}
