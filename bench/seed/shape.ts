/** What a seeded database holds; the figures are its identity. */
export interface Shape {
  readonly messages: number;
  readonly rooms: number;
  /** Of the rooms, those that everybody is in. */
  readonly joined: number;
  /** Where it matters when the messages were written and by whom: without it, all within a few minutes by the people in the rooms. */
  readonly history?: History;
}

/** Messages spread evenly over so many days up to `HISTORY_END`, by as many others in turn, with their events and all that is counted of them. */
export interface History {
  readonly days: number;
  readonly authors: number;
}

export const EPOCH = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
/** In the middle of an hour and of a day: of both, something is past and something to come. */
export const HISTORY_END = EPOCH + 100.5 * DAY_MS + 1_800_000;

/** As many people as connections, so that each has its own. */
export const PEOPLE = 64;
export const FIRST_PERSON = 1_000;
export const FIRST_ROOM = 1_000;
/** Owns the rooms that nobody else is in. */
export const HERMIT = FIRST_PERSON + PEOPLE;
export const FIRST_AUTHOR = HERMIT + 1;

export const people: readonly { id: number; username: string; sessionId: string }[] = Array.from(
  { length: PEOPLE },
  (_, place) => ({
    id: FIRST_PERSON + place,
    username: `person_${place}`,
    sessionId: `bench-session-${place}`,
  }),
);
