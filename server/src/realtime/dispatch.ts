import { endingEvents } from '../events.ts';
import type { ToldEvent } from '../modules/events/told.ts';
import type { Audience, LiveReader, Person } from './audience.ts';

/** Tells everybody who may see an event now; returns how many readers that were. Events come in the order of the log. */
export function dispatch(audience: Audience, event: ToldEvent): number {
  enter(audience, event);
  let count = 0;
  for (const { readers } of peopleFor(audience, event)) count += tellAll(readers, event);
  if (event.to === 'members') count += tellVisitors(audience, event);
  leave(audience, event);
  return count;
}

function tellAll(readers: Iterable<LiveReader>, event: ToldEvent): number {
  let count = 0;
  for (const reader of readers) {
    if (!reader.isLive) continue;
    reader.tell(event);
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

function tellVisitors(audience: Audience, event: ToldEvent): number {
  const placeId = event.containerId as number;
  const visitors = [...audience.visitorsIn(placeId)];
  // Rights are judged when an event is told: a room that is private now is nobody's to look into.
  const isClosed = event.type === 'room_updated' && event.data.is_public === false;
  const isOver = event.type === 'room_deleted';
  const present = audience.peopleIn(placeId);
  const strangers = visitors.filter(({ userId }) => !present.has(audience.person(userId) as Person));
  const count = isClosed ? 0 : tellAll(strangers, event);
  if (isClosed || isOver) for (const reader of visitors) audience.expel(reader, placeId);
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
  }
}
