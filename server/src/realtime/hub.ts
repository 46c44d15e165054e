import { setImmediate } from 'node:timers/promises';
import type { Actor } from '../actor.ts';
import { type Deps, ownCtx } from '../context.ts';
import type { CommitPosition } from '../db/commit_order.ts';
import { AppError, rateLimited } from '../errors.ts';
import { endsAccess, type NewEvent } from '../events.ts';
import { type LoggedEvent, readHead } from '../log/read.ts';
import { createTail } from '../log/tail.ts';
import { type Histogram, histogramOf, observe } from '../metrics/histogram.ts';
import { type ToldEvent, tell } from '../modules/events/told.ts';
import { createAudience, type LiveReader, type Person, type ReaderEnd } from './audience.ts';
import { dispatch, runsOf } from './dispatch.ts';
import { findPlacesOfPerson } from './hub_store.ts';

/** Tells everybody who is connected of what is committed, in the order of the log. */
export interface Hub {
  /** Everything up to here has been told to live readers, and nothing after it. */
  readonly position: CommitPosition;
  /** Resolves once live readers have been told everything up to a place, or there are none any more. */
  passed(place: CommitPosition): Promise<void>;
  /** Where the log ends, also when nobody is told of it. */
  head(): Promise<CommitPosition>;
  /** Takes a reader in, or raises 429 where a person has too many; it is told of nothing until its `isLive` is set, in the same turn in which it has read up to `position`. */
  attach(reader: LiveReader, actor: Actor): Promise<void>;
  detach(reader: LiveReader): void;
  /** Tells a reader of a public room its person is not in, too; whether it may be seen was judged before. */
  visit(reader: LiveReader, roomId: number): void;
  endVisit(reader: LiveReader, roomId: number): void;
  /** Whether a reader may be told of an event that was read before now. */
  mayTell(reader: LiveReader, event: ToldEvent): boolean;
  /** The people connected who are in a place. */
  peopleIn(placeId: number): ReadonlySet<Person>;
  /** Whether somebody who is connected is in a place, or looks into it. */
  isThere(userId: number, placeId: number): boolean;
  /** Where somebody is; undefined for who is not connected, or where it has not been read yet. */
  placesOf(userId: number): ReadonlySet<number> | undefined;
  /** Something was committed. */
  wake(): void;
  /** What of a commit acts at once: whoever leaves, or is signed out, is told nothing more. */
  follow(event: NewEvent, eventId: number): void;
  countReaders(): readonly ReaderCount[];
  /** From changes to telling of them, in seconds. */
  readonly delays: Histogram;
  /** Ends all readers. */
  close(): Promise<void>;
}

export interface ReaderCount {
  readonly kind: LiveReader['kind'];
  readonly state: 'live' | 'behind';
  readonly count: number;
}

/** Deliveries after which others have their turn: at a few microseconds each. */
const AT_ONCE = 2_000;
/** Until one of too many readers may have gone. */
const RETRY_MS = 10_000;

export function createHub(deps: () => Deps, parts: Pick<Deps, 'db' | 'log'>): Hub {
  const audience = createAudience();
  const loading = new Map<Person, Promise<void>>();
  /** People whose places have changed while they were being read. */
  const stale = new Set<Person>();
  const tail = createTail({ ...parts, take });
  const delays = histogramOf('veza_event_delay_seconds');
  let isClosed = false;

  async function take(events: readonly LoggedEvent[], reached: (event: CommitPosition) => void): Promise<void> {
    const told = await tell(ownCtx(deps(), 'events'), events);
    // Whoever makes a room or a conversation comes in with that.
    for (const { user_id, actor_id } of events) for (const id of [user_id, actor_id]) markStale(id);
    let count = 0;
    for (const run of runsOf(told)) {
      count += dispatch(audience, run);
      reached(run.at(-1) as ToldEvent);
      if (count < AT_ONCE) continue;
      count = 0;
      await setImmediate();
    }
    const now = deps().now();
    for (const { created_at } of events) observe(delays, Math.max(0, now - created_at) / 1_000);
    // What nobody is told of lies behind, too.
    reached(events.at(-1) as LoggedEvent);
  }

  function markStale(userId: number | null | undefined): void {
    const person = audience.person(userId ?? 0);
    if (person && loading.has(person)) stale.add(person);
  }

  /** Where a person is. What is committed after the tail's position is still to be told, and moves him then. */
  async function load(person: Person): Promise<void> {
    await tail.start();
    const key = { user_id: person.userId, is_guest: person.role === 'guest' ? 1 : 0 } as const;
    do {
      stale.delete(person);
      const { xid, id } = tail.position;
      const rows = await findPlacesOfPerson.all(parts.db.reader, { ...key, xid, id });
      if (audience.person(person.userId) !== person) return;
      audience.setPlaces(person, rows);
    } while (stale.has(person));
  }

  async function attach(reader: LiveReader, { userId, role, sessionId }: Actor): Promise<void> {
    if (isClosed) return reader.end('restarting');
    const known = audience.person(userId);
    // One of the two was known before a change of roles.
    if (known && known.role !== role) return reader.end('changed');
    if (known) {
      refuseTooMany(known, reader.kind);
      known.readers.push(reader);
      await Promise.all([loading.get(known), refuseEnded(sessionId, role)]);
      return;
    }
    const person: Person = { userId, role, readers: [reader], places: new Set(), endings: new Map() };
    audience.add(person);
    const loaded = load(person).finally(() => loading.delete(person));
    loading.set(person, loaded);
    await Promise.all([loaded, refuseEnded(sessionId, role)]);
  }

  /** What ended a session, or changed a role, after the reader was known and before it was here has not been followed for it. */
  async function refuseEnded(sessionId: string, role: Actor['role']): Promise<void> {
    const again = await deps().authority.load(sessionId);
    if (again?.role !== role) throw new AppError('INVALID_TOKEN');
  }

  function refuseTooMany({ readers }: Person, kind: LiveReader['kind']): void {
    const { MAX_SOCKETS_PER_USER: limit, RATE_LIMITS } = deps().config;
    if (RATE_LIMITS === 'off' || readers.filter((one) => one.kind === kind).length < limit) return;
    throw rateLimited({ scope: 'readers', limit, windowMs: 0, retryAfterMs: RETRY_MS });
  }

  function detach(reader: LiveReader): void {
    for (const placeId of [...reader.visits]) audience.endVisit(reader, placeId);
    const person = audience.person(reader.userId);
    const place = person?.readers.indexOf(reader) ?? -1;
    if (!person || place === -1) return;
    person.readers.splice(place, 1);
    if (person.readers.length > 0) return;
    audience.remove(person);
    // Without anybody to tell, a commit costs nothing here.
    if (audience.isEmpty()) void tail.stop();
  }

  function mayTell(reader: LiveReader, { to, type, userId, containerId }: ToldEvent): boolean {
    if (to !== 'members') return true;
    const placeId = containerId as number;
    if (audience.person(reader.userId)?.places.has(placeId) || reader.visits.has(placeId)) return true;
    return endsAccess(type, userId, reader.userId);
  }

  function follow(event: NewEvent, eventId: number): void {
    const placeId = event.containerId as number;
    if (event.type === 'room_deleted') audience.close(placeId, eventId);
    const person = audience.person(event.userId ?? 0);
    if (!person) return;
    markStale(event.userId);
    if (event.type === 'user_left' || event.type === 'user_banned') {
      // A ban may be of somebody who never was there, and is not to know of the room.
      if (!isThere(person, placeId)) return;
      audience.leave(person, placeId, eventId);
      // Told of nothing more but that; whoever looked into the room alone ends when he is.
      for (const reader of person.readers) audience.endVisit(reader, placeId);
    } else if (event.type === 'session_ended') endSessions(person, (event.data?.session_ids ?? []) as string[]);
    else if (event.type === 'user_suspended') end(person.readers, 'signed_out');
    else if (event.type === 'user_role_changed') end(person.readers, 'changed');
  }

  function isThere(person: Person, placeId: number): boolean {
    if (person.places.has(placeId)) return true;
    return person.readers.some(({ visits }) => visits.has(placeId));
  }

  function end(readers: Iterable<LiveReader>, why: ReaderEnd): void {
    for (const reader of [...readers]) {
      reader.end(why);
      detach(reader);
    }
  }

  function endSessions({ readers }: Person, sessionIds: readonly string[]): void {
    end(
      readers.filter(({ sessionId }) => sessionIds.includes(sessionId)),
      'signed_out',
    );
  }

  return {
    get position() {
      return tail.position;
    },
    head: async () => {
      if (audience.isEmpty()) return readHead(parts.db.reader);
      await tail.start();
      return tail.position;
    },
    attach,
    detach,
    visit: audience.visit,
    endVisit: audience.endVisit,
    mayTell,
    peopleIn: audience.peopleIn,
    isThere: (userId, placeId) => {
      const person = audience.person(userId);
      return person !== undefined && isThere(person, placeId);
    },
    placesOf: (userId) => {
      const person = audience.person(userId);
      return person && !loading.has(person) ? person.places : undefined;
    },
    passed: tail.passed,
    wake: tail.wake,
    follow,
    countReaders: () => countOf(audience.people()),
    delays,
    close: async () => {
      isClosed = true;
      for (const { readers } of [...audience.people()]) end(readers, 'restarting');
      await tail.stop();
    },
  };
}

function countOf(people: Iterable<Person>): ReaderCount[] {
  const counts = { socket: { live: 0, behind: 0 }, http: { live: 0, behind: 0 } };
  for (const { readers } of people) for (const { kind, isLive } of readers) counts[kind][isLive ? 'live' : 'behind']++;
  return (['socket', 'http'] as const).flatMap((kind) =>
    (['live', 'behind'] as const).map((state) => ({ kind, state, count: counts[kind][state] })),
  );
}
