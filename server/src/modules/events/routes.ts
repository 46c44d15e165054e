import { type Route, route } from '../../http/route.ts';
import { listEvents } from './list.ts';
import { EventStream, Events, EventsQuery, StreamQuery } from './schema.ts';
import { EVENT_STREAM, streamEvents } from './stream.ts';

const shared = {
  method: 'GET',
  scope: 'account',
  limit: 'default',
  action: 'event.read',
  tag: 'events',
  refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND', 'CURSOR_EXPIRED'],
  waits: true,
} as const;

export const eventRoutes: readonly Route[] = [
  route({
    ...shared,
    path: '/api/v1/events',
    summary: 'Read the event log',
    query: EventsQuery,
    answers: { 200: Events },
    handler: (ctx, { query, waiting }) => listEvents(ctx, query, waiting.gone),
  }),
  route({
    ...shared,
    path: '/api/v1/events/stream',
    summary: 'Follow the event log',
    query: StreamQuery,
    answers: { 200: EventStream },
    plain: true,
    mediaType: EVENT_STREAM,
    handler: (ctx, { query, waiting }) => streamEvents(ctx, query, waiting),
  }),
];
