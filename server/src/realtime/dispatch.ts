import { endingEvents, isForGuest } from '../events.ts';
import type { ToldEvent } from '../modules/events/told.ts';
import type { Audience, LiveReader, Person, Run } from './audience.ts';

/** Events told together at most: what waits for one reader grows by so many at once. */
const LONGEST_RUN = 32;

/** Puts events into runs: where several are of one place and change nothing of who is in it, each reader is written to once. */
export function runsOf(events: readonly ToldEvent[]): Run[] {
  const runs: [ToldEvent, ...ToldEvent[]][] = [];
  for (const event of events) {
    const run = runs.at(-1);
    const [first] = run ?? [];
    const isSame = first && isPlain(first) && isPlain(event) && first.containerId === event.containerId;
    if (run && isSame && run.length < LONGEST_RUN) run.push(event);
    else runs.push([event]);
  }
  return runs;
}

/** Told to those in a place, the same to each, and who is there stays. */
const isPlain = ({ to, type, dataOf }: ToldEvent): boolean =>
  to === 'members' && dataOf === undefined && (type.startsWith('message_') || type.startsWith('reaction_'));

/** Tells everybody who may see a run now; returns how many readers that were. Runs come in the order of the log. */
export function dispatch(audience: Audience, run: Run): number {
  const [event] = run;
  enter(audience, event);
  let count = 0;
  for (const { readers } of peopleFor(audience, event)) count += tellAll(readers, run);
  if (event.to === 'members') count += tellVisitors(audience, run);
  leave(audience, event);
  return count;
}

function tellAll(readers: readonly LiveReader[], run: Run): number {
  let count = 0;
  // From the end: who is told something may be gone by it.
  for (let place = readers.length - 1; place >= 0; place--) {
    const reader = readers[place] as LiveReader;
    if (!reader.isLive) continue;
    reader.tell(run);
    count++;
  }
  return count;
}

function peopleFor(audience: Audience, event: ToldEvent): Iterable<Person> {
  if (event.to === 'members') return membersFor(audience, event);
  const subject = audience.person(event.userId ?? 0);
  const people = new Set(subject ? [subject] : []);
  if (event.to === 'self') return people;
  for (const person of audience.people()) if (person.role === 'admin') people.add(person);
  if (event.to === 'acquaintances')
    for (const placeId of event.places) for (const person of audience.peopleIn(placeId)) people.add(person);
  return people;
}

/** Who has left is told of that, and of nothing else. */
function membersFor(audience: Audience, event: ToldEvent): Iterable<Person> {
  const placeId = event.containerId as number;
  const present = audience.peopleIn(placeId);
  if (!endingEvents.has(event.type)) return present;
  const left = [...leaving(audience, event)].filter(({ endings }) => endings.get(placeId) === event.id);
  for (const person of left) audience.settle(person, placeId, event.id);
  return new Set([...present, ...left]);
}

function leaving(audience: Audience, event: ToldEvent): Iterable<Person> {
  if (event.type === 'room_deleted') return audience.people();
  const person = audience.person(event.userId ?? 0);
  return person ? [person] : [];
}

function tellVisitors(audience: Audience, run: Run): number {
  const [event] = run;
  const placeId = event.containerId as number;
  const visitors = [...audience.visitorsIn(placeId)];
  if (visitors.length === 0) return 0;
  // Rights are judged when an event is told: a room that is private now is nobody's to look into.
  const isClosed = event.type === 'room_updated' && event.data.is_public === false;
  const isOver = event.type === 'room_deleted';
  const present = audience.peopleIn(placeId);
  const roleOf = ({ userId }: LiveReader) => audience.person(userId)?.role;
  const strangers = visitors.filter(({ userId }) => !present.has(audience.person(userId) as Person));
  // Admins look into private rooms, too; guests are not shown who is there.
  const shutOut = isClosed ? strangers.filter((reader) => roleOf(reader) !== 'admin') : [];
  const told = strangers.filter(
    (reader) =>
      !shutOut.includes(reader) && (roleOf(reader) !== 'guest' || isForGuest(event.type, event.userId, reader.userId)),
  );
  const count = tellAll(told, run);
  for (const reader of isOver ? visitors : shutOut) audience.expel(reader, placeId);
  return count;
}

/** Who comes in is told from this event on. */
function enter(audience: Audience, event: ToldEvent): void {
  for (const userId of entering(event)) {
    const person = audience.person(userId);
    if (!person || (event.isDirect && person.role === 'guest')) continue;
    audience.enter(person, event.containerId as number, event.id);
  }
}

function entering({ type, userId, actorId }: ToldEvent): readonly number[] {
  if (type === 'user_joined') return [userId as number];
  if (type === 'room_created') return [actorId];
  return type === 'conversation_created' ? [userId as number, actorId] : [];
}

/** Whoever was let go by a commit that is not known here in another way. */
function leave(audience: Audience, event: ToldEvent): void {
  const placeId = event.containerId as number;
  if (event.type === 'room_deleted') audience.close(placeId, event.id);
  if (!endingEvents.has(event.type)) return;
  for (const person of leaving(audience, event)) {
    if (event.type !== 'room_deleted' && person.places.has(placeId)) audience.leave(person, placeId, event.id);
    audience.settle(person, placeId, event.id);
    for (const reader of person.readers) audience.endVisit(reader, placeId);
  }
}
