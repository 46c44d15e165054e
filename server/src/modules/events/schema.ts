import { type Static, Type } from 'typebox';
import { readNames } from '../../events.ts';
import { Component, Id, Limit, Strict, Timestamp } from '../../schemas.ts';
import { CURSOR } from './cursor.ts';

/** An event as its readers over HTTP see it. */
export const Event = Component('Event', {
  id: Type.String({ description: 'Its place in the log: the cursor of what comes after it.' }),
  type: Type.Enum(readNames),
  timestamp: Timestamp,
  actor_id: Type.Integer({ description: 'Who did it; 0 for the server itself.' }),
  room_id: Type.Optional(Id),
  conversation_id: Type.Optional(Id),
  data: Type.Record(Type.String(), Type.Unknown(), { description: 'The thing as REST shows it now.' }),
});

export const Events = Component('Events', {
  events: Type.Array(Event),
  next_cursor: Type.String({ description: '`after` of the next request.' }),
  has_more: Type.Boolean({
    description:
      'Whether the log goes on beyond this page, which may be empty where little of a long log is asked for.',
  }),
});

/** How long one waits for an event, in seconds. */
const MAX_WAIT_SECONDS = 30;

const EventCursor = Type.String({
  pattern: CURSOR.source,
  description: 'The event after which to begin; `0` is the oldest that is kept. Without it: from now on.',
});
const filters = {
  after: Type.Optional(EventCursor),
  types: Type.Optional(
    Type.Array(Type.Enum(readNames), { minItems: 1, description: 'These alone, separated by commas.' }),
  ),
  room_id: Type.Optional(
    Type.Integer({ ...Id, description: 'Of this room alone, which may be any that one can read.' }),
  ),
};

export const EventsQuery = Strict({
  ...filters,
  limit: Limit,
  wait: Type.Integer({
    minimum: 0,
    maximum: MAX_WAIT_SECONDS,
    default: 0,
    description: 'Seconds to wait for an event where there is none.',
  }),
});
export const StreamQuery = Strict(filters);

export const EventStream = Type.String({
  description:
    'Server-sent events: `id`, `event` (its type) and `data`, an `Event` in one line; a comment every 15 s. Ends when the access token expires.',
});
export type EventFilters = Static<typeof StreamQuery>;
export type EventsQuery = Static<typeof EventsQuery>;
