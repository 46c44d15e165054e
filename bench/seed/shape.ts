/** What a seeded database holds; the figures are its identity. */
export interface Shape {
  readonly messages: number;
  readonly rooms: number;
  /** Of the rooms, those that everybody is in. */
  readonly joined: number;
}

/** As many people as connections, so that each has its own. */
export const PEOPLE = 64;
export const FIRST_PERSON = 1_000;
export const FIRST_ROOM = 1_000;
/** Owns the rooms that nobody else is in. */
export const HERMIT = FIRST_PERSON + PEOPLE;

export const people: readonly { id: number; username: string; sessionId: string }[] = Array.from(
  { length: PEOPLE },
  (_, place) => ({
    id: FIRST_PERSON + place,
    username: `person_${place}`,
    sessionId: `bench-session-${place}`,
  }),
);
