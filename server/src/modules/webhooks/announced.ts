import { type TSchema, Type } from 'typebox';
import { type WebhookEvent, webhookEvents } from '../../events.ts';
import { Component, Id, Timestamp } from '../../schemas.ts';
import { payloadSchemas } from './payload_schema.ts';

/** A body: `headersOf` and `bodyText` are what sends it. */
const bodyOf = (event: WebhookEvent, data: TSchema) =>
  Component(`${pascal(event)}Event`, {
    id: Type.String({ description: 'The same at every attempt; also in `webhook-id`.' }),
    event: Type.Literal(event),
    timestamp: Timestamp,
    webhook_id: Id,
    data,
  });

const pascal = (name: string) => name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());

const header = (description: string, pattern: string, required = true) => ({ description, pattern, required });

/** What is sent to receivers, for the OpenAPI document. */
export const announced = {
  events: (Object.keys(webhookEvents) as WebhookEvent[]).map((event) => ({
    event,
    summary: webhookEvents[event].says,
    body: bodyOf(event, payloadSchemas[event]),
  })),
  headers: {
    'X-Webhook-Signature': header('HMAC-SHA256 of the body under the secret, in hexadecimal.', '^[0-9a-f]{64}$'),
    'X-Webhook-Event': header('The `event` of the body.', '^[a-z_]+$'),
    'webhook-id': header('The `id` of the body: what was received already can be told by it.', '^evt_'),
    'webhook-timestamp': header('When this attempt was made, in seconds since 1970.', '^[0-9]+$'),
    'webhook-signature': header(
      'Of Standard Webhooks: over `id.timestamp.body`. While a secret is being changed there are two.',
      '^v1,[A-Za-z0-9+/]{43}=( v1,[A-Za-z0-9+/]{43}=)*$',
    ),
    'User-Agent': header('`Veza-Webhooks/` and the version.', '^Veza-Webhooks/[0-9]'),
    traceparent: header('Of the request that caused it, when that had one (W3C Trace Context).', '^00-', false),
  },
  /** What a receiver's answer does, by its status. */
  answers: {
    '2XX': 'Delivered.',
    '410': 'Not wanted any more: the webhook is disabled.',
    '429': 'Attempted again, after the `Retry-After` of the answer when that is within an hour.',
    '503': 'Attempted again, after the `Retry-After` of the answer when that is within an hour.',
    default: 'Attempted again, for 75 hours in all. Redirections are not followed.',
  },
} as const;
