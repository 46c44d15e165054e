import type { ReadName } from '../../src/events.ts';
import type { Frame } from './socket.ts';

type Shape = Readonly<Record<string, unknown>>;

/** An event in one shape, whichever way it came. */
export interface Heard {
  readonly id: string;
  readonly type: ReadName;
  /** The room or conversation; 0 for what is of none. */
  readonly placeId: number;
  readonly data: Shape;
}

interface Listed {
  readonly id: string;
  readonly type: ReadName;
  readonly room_id?: number;
  readonly conversation_id?: number;
  readonly data: Shape;
}

/** As `GET /events` and the stream of events have it. */
export const fromList = ({ id, type, room_id, conversation_id, data }: Listed): Heard => ({
  id,
  type,
  placeId: room_id ?? conversation_id ?? 0,
  data,
});

const names: Readonly<Record<string, ReadName>> = { room_message: 'message_sent', dm_message: 'direct_message_sent' };

/** As a socket has it: in frames, reactions are a list and the root of a thread has another name. */
export function fromFrame({ type, data }: Frame): Heard {
  const { event_id, parent_id, reactions, ...rest } = data;
  const placeId = rest.room_id ?? rest.conversation_id ?? 0;
  const isMessage = Array.isArray(reactions);
  const shape = isMessage
    ? { room_id: null, conversation_id: null, ...rest, reactions: byEmoji(reactions) }
    : { ...rest };
  const parent = parent_id === undefined ? {} : { parent_message_id: parent_id };
  return { id: event_id, type: names[type] ?? (type as ReadName), placeId, data: { ...shape, ...parent } };
}

interface OfEmoji {
  readonly emoji: string;
  readonly count: number;
  readonly users: readonly unknown[];
}

const byEmoji = (list: readonly OfEmoji[]) =>
  Object.fromEntries(list.map(({ emoji, count, users }) => [emoji, { count, users }]));
