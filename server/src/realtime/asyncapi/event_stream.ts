import { type Components, documented, type Json } from '../../http/openapi/schemas.ts';
import { Event, StreamQuery } from '../../modules/events/schema.ts';

const MESSAGE = 'StreamedEvent';

/** The event log as server-sent events: another channel with the same events. */
export function eventStream(components: Components) {
  const channel: Json = {
    address: '/api/v1/events/stream',
    title: 'The event log as server-sent events',
    servers: [{ $ref: '#/servers/http' }],
    messages: { [MESSAGE]: { $ref: `#/components/messages/${MESSAGE}` } },
  };
  const operation: Json = {
    action: 'send',
    channel: { $ref: '#/channels/events' },
    summary: 'Follow the event log',
    messages: [{ $ref: `#/channels/events/messages/${MESSAGE}` }],
    bindings: { http: { method: 'GET', query: documented(StreamQuery, components), bindingVersion: '0.3.0' } },
    'x-action': 'event.read',
    'x-rate-limit': 'default',
  };
  const message: Json = {
    name: 'event',
    summary: 'The `data` of an event of the stream, in one line; its `id` and `event` are the `id` and `type` in it.',
    payload: documented(Event, components),
    'x-durable': true,
  };
  return { channel, operation, message: { [MESSAGE]: message } };
}
