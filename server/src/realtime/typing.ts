import { bytesOf } from './frames.ts';
import type { Hub } from './hub.ts';

/** Who writes just now. Nothing of it is kept: it ends by itself. */
export interface Typing {
  start(place: TypingPlace, who: TypingPerson): void;
  stop(place: TypingPlace, who: TypingPerson): void;
  /** What another process was told; it is told no further. */
  hear(message: TypingMessage): void;
}
/** What other processes are told. */
export interface TypingMessage {
  readonly isOver: boolean;
  readonly place: TypingPlace;
  readonly who: TypingPerson;
}
export type TypingPlace = { readonly room_id: number } | { readonly conversation_id: number };
export interface TypingPerson {
  readonly user_id: number;
  readonly username: string;
}

/** Unless it is said again; docs/realtime.md says so. */
export const TYPING_MS = 6_000;
/** Said again sooner, the others are not told again. */
const AGAIN_MS = 3_000;

interface Entry {
  readonly timer: NodeJS.Timeout;
  readonly toldAt: number;
}

export function createTyping(hub: Pick<Hub, 'peopleIn'>, say: (message: TypingMessage) => void): Typing {
  const typing = new Map<string, Entry>();

  function tell(type: 'typing_start' | 'typing_stop', place: TypingPlace, who: TypingPerson): void {
    const bytes = bytesOf({ type, data: { ...place, ...who } });
    for (const { userId, readers } of hub.peopleIn(idOf(place)))
      if (userId !== who.user_id) for (const reader of readers) reader.pass(bytes, idOf(place));
  }

  /** Whether it was under way. */
  function end(place: TypingPlace, who: TypingPerson): boolean {
    const key = keyOf(place, who);
    const entry = typing.get(key);
    if (!entry) return false;
    clearTimeout(entry.timer);
    typing.delete(key);
    tell('typing_stop', place, who);
    return true;
  }

  /** Whether the others are told. */
  function begin(place: TypingPlace, who: TypingPerson): boolean {
    const key = keyOf(place, who);
    const before = typing.get(key);
    clearTimeout(before?.timer);
    const now = performance.now();
    const isRepeated = before !== undefined && now - before.toldAt < AGAIN_MS;
    // Every process ends it by itself, whatever becomes of the one it began at.
    const timer = setTimeout(() => end(place, who), TYPING_MS);
    timer.unref();
    typing.set(key, { timer, toldAt: isRepeated ? before.toldAt : now });
    if (!isRepeated) tell('typing_start', place, who);
    return !isRepeated;
  }

  return {
    start: (place, who) => {
      if (begin(place, who)) say({ isOver: false, place, who });
    },
    stop: (place, who) => {
      if (end(place, who)) say({ isOver: true, place, who });
    },
    hear: ({ isOver, place, who }) => void (isOver ? end(place, who) : begin(place, who)),
  };
}

const idOf = (place: TypingPlace): number => ('room_id' in place ? place.room_id : place.conversation_id);
const keyOf = (place: TypingPlace, { user_id }: TypingPerson): string => `${idOf(place)}:${user_id}`;
