import type { ServerRole } from '../actor.ts';
import type { ToldEvent } from '../modules/events/told.ts';

/** Events that are told together: of one place, and the same to everybody there. */
export type Run = readonly [ToldEvent, ...ToldEvent[]];

/** Whoever is told of events as they come: a socket, a stream, a poll that waits. */
export interface LiveReader {
  /** Counted apart. */
  readonly kind: 'socket' | 'http';
  readonly userId: number;
  readonly sessionId: string;
  /** False until what was missed has been read: then nothing is told live. */
  isLive: boolean;
  /** Public rooms this reader looks into without being in them. */
  readonly visits: Set<number>;
  /** What comes next, in its order, all of one place. Must not fail, and take next to no time. */
  tell(run: Run): void;
  /** Bytes of a frame that is in no log, and the place it is of: only sockets take them. */
  pass(bytes: Buffer, placeId?: number): void;
  /** A room that was looked into is closed to strangers now. */
  visitEnded(placeId: number): void;
  /** Nothing more is told, and why. */
  end(why: ReaderEnd): void;
}
/** `changed`: with other rights than it began with, it has to begin anew. */
export type ReaderEnd = 'signed_out' | 'changed' | 'restarting';

/** Somebody with at least one reader. */
export interface Person {
  readonly userId: number;
  readonly role: ServerRole;
  /** Few, and gone through with every event. */
  readonly readers: LiveReader[];
  /** Rooms and conversations this person is in. */
  readonly places: Set<number>;
  /** The event that ended a stay and has not been told yet: what is told of that place before it is not for this person any more. */
  readonly endings: Map<number, number>;
}

/** A place somebody is in, or was in until an event that has not been told yet. */
export interface Stay {
  readonly container_id: number;
  readonly left_event: number | null;
}

/** Who is to be told what happens in a place. It loses people at the moment of a commit, and gains them in the order of the log. */
export interface Audience {
  person(userId: number): Person | undefined;
  people(): Iterable<Person>;
  isEmpty(): boolean;
  peopleIn(placeId: number): ReadonlySet<Person>;
  /** Readers who look into a public room they are not in. */
  visitorsIn(placeId: number): ReadonlySet<LiveReader>;
  /** Somebody's first reader has come. */
  add(person: Person): void;
  /** The last one has gone. */
  remove(person: Person): void;
  setPlaces(person: Person, stays: readonly Stay[]): void;
  enter(person: Person, placeId: number, eventId: number): void;
  /** From now on; `eventId` is what is still told. */
  leave(person: Person, placeId: number, eventId: number): void;
  /** Everybody leaves. */
  close(placeId: number, eventId: number): void;
  /** An ending has been told. */
  settle(person: Person, placeId: number, eventId: number): void;
  visit(reader: LiveReader, placeId: number): void;
  endVisit(reader: LiveReader, placeId: number): void;
  /** The same, not by the reader's own will. */
  expel(reader: LiveReader, placeId: number): void;
}

export function createAudience(): Audience {
  const people = new Map<number, Person>();
  const present = createIndex<Person>();
  const visitors = createIndex<LiveReader>();

  const put = (person: Person, placeId: number) => {
    person.places.add(placeId);
    present.put(placeId, person);
  };
  const take = (person: Person, placeId: number) => {
    person.places.delete(placeId);
    present.take(placeId, person);
  };
  const leave = (person: Person, placeId: number, eventId: number) => {
    take(person, placeId);
    person.endings.set(placeId, eventId);
  };
  const endVisit = (reader: LiveReader, placeId: number) => {
    reader.visits.delete(placeId);
    visitors.take(placeId, reader);
  };
  const takeAll = (person: Person) => {
    for (const placeId of [...person.places]) take(person, placeId);
  };

  return {
    person: (userId) => people.get(userId),
    people: () => people.values(),
    isEmpty: () => people.size === 0,
    peopleIn: present.of,
    visitorsIn: visitors.of,
    add: (person) => void people.set(person.userId, person),
    remove: (person) => {
      takeAll(person);
      people.delete(person.userId);
    },
    setPlaces: (person, stays) => {
      takeAll(person);
      person.endings.clear();
      for (const { container_id, left_event } of stays) {
        if (left_event === null) put(person, container_id);
        else person.endings.set(container_id, left_event);
      }
    },
    enter: (person, placeId, eventId) => {
      if ((person.endings.get(placeId) ?? 0) < eventId) put(person, placeId);
    },
    leave,
    close: (placeId, eventId) => {
      for (const person of [...present.of(placeId)]) leave(person, placeId, eventId);
    },
    settle: (person, placeId, eventId) => {
      if ((person.endings.get(placeId) ?? 0) <= eventId) person.endings.delete(placeId);
    },
    expel: (reader, placeId) => {
      if (!reader.visits.has(placeId)) return;
      endVisit(reader, placeId);
      reader.visitEnded(placeId);
    },
    visit: (reader, placeId) => {
      reader.visits.add(placeId);
      visitors.put(placeId, reader);
    },
    endVisit,
  };
}

/** Things by place; places without any take no memory. */
function createIndex<T>() {
  const byPlace = new Map<number, Set<T>>();
  const none: ReadonlySet<T> = new Set();
  return {
    of: (placeId: number): ReadonlySet<T> => byPlace.get(placeId) ?? none,
    put: (placeId: number, one: T) => {
      const there = byPlace.get(placeId);
      if (there) there.add(one);
      else byPlace.set(placeId, new Set([one]));
    },
    take: (placeId: number, one: T) => {
      const there = byPlace.get(placeId);
      there?.delete(one);
      if (there?.size === 0) byPlace.delete(placeId);
    },
  };
}
