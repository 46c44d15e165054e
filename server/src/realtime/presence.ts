import type { Deps } from '../context.ts';
import type { Status } from '../db/tables.ts';
import { shownLastSeen } from '../modules/users/presence.ts';
import type { Sight } from '../nodes/messages.ts';
import { timestamp } from '../timestamp.ts';
import type { Person } from './audience.ts';
import { bytesOf } from './frames.ts';
import type { Hub } from './hub.ts';
import { findPlacesOfPerson } from './hub_store.ts';
import { findBlockedWith, findStanding, findVisibility } from './presence_store.ts';

/** As others see somebody. */
export type ShownStatus = Exclude<Status, 'invisible'> | 'offline';

/** Who is here, and how those who share a place with them are told. */
export interface Presence {
  /** As others see it: `offline` without a socket, and where nobody is to know of one. */
  statusOf(userId: number): ShownStatus;
  /** People with sockets here who are seen. */
  count(): number;
  /** A socket has come; resolves when it is known whether its person wants to be seen. */
  came(userId: number): Promise<void>;
  left(userId: number): void;
  /** What somebody shows has changed. */
  changed(userId: number): Promise<void>;
  /** Which room somebody looks at. */
  moved(userId: number, roomId: number | null): void;
  /** Everybody who is seen here, as other processes were told. */
  sights(): Sight[];
  /** What another process has told. */
  hear(nodeId: string, sights: readonly Sight[]): void;
  /** What another process has told, as far as is known. */
  sightsAt(nodeId: string): Sight[];
  /** Reads again what everybody shows who is here: that it was changed elsewhere may not have been heard. */
  refresh(): Promise<void>;
  stop(): void;
}

/** A person a second, at most. */
const EVERY_MS = 1_000;
/** People told of at the same time: a few reads of the database each. */
const AT_ONCE = 8;
/** In a place with more people online nobody is told who comes and goes. */
export const MAX_PEOPLE = 500;

interface Shown {
  readonly status: Exclude<Status, 'invisible'>;
  readonly roomId: number | null;
}

interface Entry {
  sockets: number;
  /** Undefined until it has been read: who may be invisible is not shown. */
  status: Status | undefined;
  roomId: number | null;
  /** At other processes, by these. */
  readonly elsewhere: Map<string, Shown>;
  /** What other processes were told last; undefined where that he is not here. */
  said: Sight | undefined;
  /** What the others were told last. */
  told: string;
  toldAt: number;
  timer: NodeJS.Timeout | undefined;
}

type Parts = Pick<Deps, 'authority' | 'db' | 'log' | 'now'> & {
  readonly hub: Hub;
  /** Tells other processes how somebody is here. */
  readonly say: (sight: Sight) => void;
};

export function createPresence({ authority, db, hub, log, now, say }: Parts): Presence {
  const entries = new Map<number, Entry>();
  const nodes = new Map<string, Set<number>>();
  /** Whose turn has come. */
  const due = new Set<number>();
  let announcing = 0;
  let isStopped = false;

  function announceSoon(userId: number, entry: Entry): void {
    if (entry.timer || isStopped) return;
    const waitMs = Math.max(0, entry.toldAt + EVERY_MS - performance.now());
    entry.timer = setTimeout(() => {
      entry.timer = undefined;
      due.add(userId);
      announceDue();
    }, waitMs);
    entry.timer.unref();
  }

  /** A few at a time: with a node, or its channel, thousands come and go at once. */
  function announceDue(): void {
    for (const userId of due) {
      if (announcing === AT_ONCE) return;
      due.delete(userId);
      const entry = entries.get(userId);
      if (!entry) continue;
      announcing++;
      void announce(userId, entry)
        .catch((error) => log.warn({ err: error }, 'presence could not be told'))
        .finally(() => {
          announcing--;
          setImmediate(announceDue);
        });
    }
  }

  async function announce(userId: number, entry: Entry): Promise<void> {
    entry.toldAt = performance.now();
    if (isOver(entry)) forgetLater(userId, entry);
    const standing = await findStanding.first(db.reader, { user_id: userId });
    if (!standing) return;
    const here = ownSight(userId, entry);
    sayHow(userId, entry, here);
    const seen = here ?? sightElsewhere(entry);
    const lastSeen = authority.activity.lastSeen(userId, standing.last_seen);
    const shown = {
      user_id: userId,
      username: standing.username,
      status: seen?.status ?? 'offline',
      message: standing.status_message,
      last_seen: timestamp(seen ? now() : shownLastSeen(standing, lastSeen)),
    };
    const roomId = seen?.roomId ?? null;
    const told = `${shown.status} ${shown.username} ${shown.message} ${roomId}`;
    // Who was never seen is not said to have gone.
    if (told === entry.told || (entry.told === '' && !seen)) return;
    entry.told = told;
    const isGuest = standing.role === 'guest';
    await tell(userId, peopleNear(userId, hub.placesOf(userId) ?? (await placesOf(userId, isGuest))), shown, roomId);
  }

  function ownSight(userId: number, entry: Entry): Shown | undefined {
    if (!isSeenHere(entry)) return undefined;
    // Not where he was before he left it.
    const isThere = entry.roomId !== null && hub.isThere(userId, entry.roomId);
    return { status: entry.status, roomId: isThere ? entry.roomId : null };
  }

  function sayHow(userId: number, entry: Entry, here: Shown | undefined): void {
    const sight: Sight = [userId, here?.status ?? null, here?.roomId ?? null];
    if (entry.said ? `${sight}` === `${entry.said}` : !here) return;
    entry.said = here && sight;
    say(sight);
  }

  /** Of whoever has no socket here. */
  async function placesOf(userId: number, isGuest: boolean): Promise<number[]> {
    const { xid, id } = hub.position;
    const key = { user_id: userId, is_guest: isGuest ? 1 : 0 } as const;
    const stays = await findPlacesOfPerson.all(db.reader, { ...key, xid, id });
    return stays.filter(({ left_event }) => left_event === null).map(({ container_id }) => container_id);
  }

  /** Not at once: who comes and goes by turns is told of once a second, too. */
  function forgetLater(userId: number, entry: Entry): void {
    const forget = () => {
      if (isOver(entry) && entry.timer === undefined && entries.get(userId) === entry) entries.delete(userId);
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

  function entryOf(userId: number): Entry {
    const entry = entries.get(userId) ?? noEntry();
    entries.set(userId, entry);
    return entry;
  }

  function hearOf(nodeId: string, [userId, status, roomId]: Sight): void {
    const people = nodes.get(nodeId) ?? new Set();
    nodes.set(nodeId, people);
    const entry = status === null ? entries.get(userId) : entryOf(userId);
    if (status === null) people.delete(userId);
    else people.add(userId);
    if (people.size === 0) nodes.delete(nodeId);
    if (!entry) return;
    if (status === null) entry.elsewhere.delete(nodeId);
    else entry.elsewhere.set(nodeId, { status, roomId });
    announceSoon(userId, entry);
  }

  return {
    statusOf: (userId) => {
      const entry = entries.get(userId);
      if (!entry) return 'offline';
      return isSeenHere(entry) ? entry.status : (sightElsewhere(entry)?.status ?? 'offline');
    },
    count: () => [...entries.values()].filter(isSeenHere).length,
    came: async (userId) => {
      const entry = entryOf(userId);
      entry.sockets++;
      await see(userId, entry);
    },
    left: (userId) =>
      change(userId, (entry) => {
        entry.sockets--;
        if (entry.sockets === 0) entry.roomId = null;
      }),
    changed: async (userId) => {
      const entry = entries.get(userId);
      if (entry) await see(userId, entry);
    },
    moved: (userId, roomId) =>
      change(userId, (entry) => {
        entry.roomId = roomId;
      }),
    sights: () => [...entries.values()].flatMap(({ said }) => (said ? [said] : [])),
    hear: (nodeId, sights) => {
      for (const sight of sights) hearOf(nodeId, sight);
    },
    sightsAt: (nodeId) =>
      [...(nodes.get(nodeId) ?? [])].flatMap((userId) => {
        const shown = entries.get(userId)?.elsewhere.get(nodeId);
        return shown ? [[userId, shown.status, shown.roomId] as const] : [];
      }),
    refresh: async () => {
      for (const [userId, entry] of [...entries]) if (entry.sockets > 0) await see(userId, entry);
    },
    stop: () => {
      isStopped = true;
      for (const { timer } of entries.values()) clearTimeout(timer);
    },
  };
}

const noEntry = (): Entry => ({
  ...{ sockets: 0, status: undefined, roomId: null, elsewhere: new Map(), said: undefined, told: '' },
  ...{ toldAt: Number.NEGATIVE_INFINITY, timer: undefined },
});

const isOver = ({ sockets, elsewhere }: Entry): boolean => sockets === 0 && elsewhere.size === 0;

/** With a socket here, and willing to be seen. */
function isSeenHere(entry: Entry): entry is Entry & { readonly status: Exclude<Status, 'invisible'> } {
  return entry.sockets > 0 && entry.status !== undefined && entry.status !== 'invisible';
}

/** The process first heard of: of two with a socket of his, it stays the same. */
const sightElsewhere = ({ elsewhere }: Entry): Shown | undefined => elsewhere.values().next().value;
