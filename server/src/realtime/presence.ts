import type { Deps } from '../context.ts';
import type { Status } from '../db/tables.ts';
import { shownLastSeen } from '../modules/users/presence.ts';
import { timestamp } from '../timestamp.ts';
import type { Person } from './audience.ts';
import { bytesOf } from './frames.ts';
import type { Hub } from './hub.ts';
import { findBlockedWith, findStanding, findVisibility } from './presence_store.ts';

export type ShownStatus = Exclude<Status, 'invisible'> | 'offline';

/** Who is here, and how those who share a place with them are told. */
export interface Presence {
  /** As others see it: `offline` without a socket, and where nobody is to know of one. */
  statusOf(userId: number): ShownStatus;
  /** People who are seen. */
  count(): number;
  /** A socket has come; resolves when it is known whether its person wants to be seen. */
  came(userId: number): Promise<void>;
  left(userId: number): void;
  /** What somebody shows has changed. */
  changed(userId: number): Promise<void>;
  /** Which room somebody looks at. */
  moved(userId: number, roomId: number | null): void;
  stop(): void;
}

/** A person a second, at most. */
const EVERY_MS = 1_000;
/** In a place with more people online nobody is told who comes and goes. */
export const MAX_PEOPLE = 500;

interface Entry {
  sockets: number;
  /** Undefined until it has been read: who may be invisible is not shown. */
  status: Status | undefined;
  roomId: number | null;
  /** What the others were told last. */
  told: string;
  toldAt: number;
  timer: NodeJS.Timeout | undefined;
  /** Where this person was when the last socket went. */
  places: readonly number[];
}

type Parts = Pick<Deps, 'authority' | 'db' | 'log' | 'now'> & { readonly hub: Hub };

export function createPresence({ authority, db, hub, log, now }: Parts): Presence {
  const entries = new Map<number, Entry>();
  let isStopped = false;

  function announceSoon(userId: number, entry: Entry): void {
    if (entry.timer || isStopped) return;
    const waitMs = Math.max(0, entry.toldAt + EVERY_MS - performance.now());
    entry.timer = setTimeout(() => {
      entry.timer = undefined;
      announce(userId, entry).catch((error) => log.warn({ err: error }, 'presence could not be told'));
    }, waitMs);
    entry.timer.unref();
  }

  async function announce(userId: number, entry: Entry): Promise<void> {
    entry.toldAt = performance.now();
    if (entry.sockets === 0) forgetLater(userId, entry);
    const standing = await findStanding.first(db.reader, { user_id: userId });
    const places = hub.placesOf(userId) ?? entry.places;
    if (!standing) return;
    const isHere = isSeen(entry);
    const lastSeen = authority.activity.lastSeen(userId, standing.last_seen);
    const shown = {
      user_id: userId,
      username: standing.username,
      status: isHere ? standing.status : 'offline',
      message: standing.status_message,
      last_seen: timestamp(isHere ? now() : shownLastSeen(standing, lastSeen)),
    };
    // Not where he was before he left it.
    const roomId = isHere && entry.roomId !== null && hub.isThere(userId, entry.roomId) ? entry.roomId : null;
    const told = `${shown.status} ${shown.username} ${shown.message} ${roomId}`;
    // Who was never seen is not said to have gone.
    if (told === entry.told || (entry.told === '' && !isHere)) return;
    entry.told = told;
    await tell(userId, peopleNear(userId, places), shown, roomId);
  }

  /** Not at once: who comes and goes by turns is told of once a second, too. */
  function forgetLater(userId: number, entry: Entry): void {
    const forget = () => {
      if (entry.sockets === 0 && entry.timer === undefined && entries.get(userId) === entry) entries.delete(userId);
    };
    setTimeout(forget, EVERY_MS).unref();
  }

  function peopleNear(userId: number, places: Iterable<number>): Set<Person> {
    const near = new Set<Person>();
    for (const placeId of places) {
      const people = hub.peopleIn(placeId);
      if (people.size <= MAX_PEOPLE) for (const person of people) if (person.userId !== userId) near.add(person);
    }
    return near;
  }

  async function tell(userId: number, near: Set<Person>, shown: object, roomId: number | null): Promise<void> {
    if (near.size === 0) return;
    const blocked = new Set((await findBlockedWith.all(db.reader, { user_id: userId })).map((row) => row.user_id));
    const room = roomId === null ? undefined : await findVisibility.first(db.reader, { id: roomId });
    const whole = bytesOf({ type: 'user_presence', data: { ...shown, current_room: roomId } });
    const part = bytesOf({ type: 'user_presence', data: { ...shown, current_room: null } });
    for (const person of near) {
      if (blocked.has(person.userId)) continue;
      const sees = roomId !== null && (room?.visibility === 'public' || person.places.has(roomId));
      for (const reader of person.readers) reader.pass(sees ? whole : part);
    }
  }

  async function see(userId: number, entry: Entry): Promise<void> {
    const standing = await findStanding.first(db.reader, { user_id: userId });
    entry.status = standing?.status;
    announceSoon(userId, entry);
  }

  function change(userId: number, how: (entry: Entry) => void): void {
    const entry = entries.get(userId);
    if (!entry) return;
    how(entry);
    announceSoon(userId, entry);
  }

  return {
    statusOf: (userId) => {
      const entry = entries.get(userId);
      return entry && isSeen(entry) ? entry.status : 'offline';
    },
    count: () => [...entries.values()].filter(isSeen).length,
    came: async (userId) => {
      const fresh: Entry = {
        ...{ sockets: 0, status: undefined, roomId: null, told: '', toldAt: Number.NEGATIVE_INFINITY },
        ...{ timer: undefined, places: [] },
      };
      const entry = entries.get(userId) ?? fresh;
      entries.set(userId, entry);
      entry.sockets++;
      await see(userId, entry);
    },
    left: (userId) =>
      change(userId, (entry) => {
        entry.sockets--;
        if (entry.sockets > 0) return;
        entry.places = [...(hub.placesOf(userId) ?? [])];
        entry.roomId = null;
      }),
    changed: async (userId) => {
      const entry = entries.get(userId);
      if (entry) await see(userId, entry);
    },
    moved: (userId, roomId) =>
      change(userId, (entry) => {
        entry.roomId = roomId;
      }),
    stop: () => {
      isStopped = true;
      for (const { timer } of entries.values()) clearTimeout(timer);
    },
  };
}

/** With a socket, and willing to be seen. */
function isSeen(entry: Entry): entry is Entry & { readonly status: Exclude<Status, 'invisible'> } {
  return entry.sockets > 0 && entry.status !== undefined && entry.status !== 'invisible';
}
