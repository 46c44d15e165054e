import { type Static, Type } from 'typebox';
import { type WebhookEvent, webhookEvents } from '../../events.ts';
import { Component, Id, Limit, Nullable, Offset, Strict, Timestamp } from '../../schemas.ts';

const names = Object.keys(webhookEvents) as WebhookEvent[];
export type Asked = WebhookEvent | '*';
const Event = Type.Enum([...names, '*'] as Asked[]);

const fields = {
  id: Id,
  url: Type.String(),
  events: Type.Array(Type.String()),
  room_id: Nullable(Id),
  active: Type.Boolean({ description: 'Only an active webhook is told of what happens.' }),
  disabled_reason: Nullable(
    Type.String({
      description:
        'Why the server has switched it off: `owner_changed`, `not_admin`, `guest`, `suspended`, `gone`, `failing`.',
    }),
  ),
  created_at: Timestamp,
  updated_at: Timestamp,
};
export const Webhook = Component('Webhook', fields);
export const CreatedWebhook = Component('CreatedWebhook', {
  ...fields,
  secret: Type.Optional(
    Type.String({ description: 'Shown this once; absent where an `Idempotency-Key` is answered again.' }),
  ),
});
export const RotatedWebhook = Component('RotatedWebhook', {
  ...fields,
  former_secret_until: Type.String({
    format: 'date-time',
    description: 'Until then the former secret signs too, unless the new one is promoted.',
  }),
  secret: Type.Optional(
    Type.String({ description: 'Shown this once; absent where an `Idempotency-Key` is answered again.' }),
  ),
});
export const WebhookPage = Component('WebhookPage', {
  webhooks: Type.Array(Webhook),
  total: Type.Integer(),
  has_more: Type.Boolean(),
});

export const Delivery = Component('Delivery', {
  id: Id,
  event_id: Type.String({ description: 'The `id` of the body and the header `webhook-id`.' }),
  event: Type.String(),
  status: Type.Enum(['pending', 'delivered', 'failed', 'exhausted'], {
    description: '`failed` is attempted again, `exhausted` is not.',
  }),
  attempts: Type.Integer(),
  response_code: Nullable(Type.Integer({ description: 'Of the last attempt, as what follows.' })),
  duration_ms: Nullable(Type.Integer()),
  response_excerpt: Nullable(Type.String({ description: 'At most 1 KiB of the answer.' })),
  error: Nullable(Type.String({ description: 'What kept the receiver from answering.' })),
  next_attempt_at: Nullable(Timestamp),
  created_at: Timestamp,
});
export const DeliveryPage = Component('DeliveryPage', {
  deliveries: Type.Array(Delivery),
  has_more: Type.Boolean(),
});
export const TestResult = Strict({
  delivered: Type.Boolean(),
  status_code: Nullable(Type.Integer()),
  duration_ms: Type.Integer(),
  error: Nullable(Type.String()),
});

const Url = Type.String({ maxLength: 2_048, description: 'https, or http where the server allows it.' });
const Events = Type.Array(Event, { minItems: 1, maxItems: names.length + 1, uniqueItems: true });

const Secret = Type.Optional(
  Nullable(Type.String({ minLength: 16, maxLength: 256, description: 'Made when absent.' })),
);

export const CreateWebhookBody = Strict({
  url: Url,
  events: Events,
  secret: Secret,
  room_id: Type.Optional(Nullable(Id)),
});
export const UpdateWebhookBody = Strict({
  url: Type.Optional(Url),
  events: Type.Optional(Events),
  active: Type.Optional(Type.Boolean()),
});
export const RotateSecretBody = Strict({ secret: Secret });
export const ReplayBody = Strict({
  from: Type.String({ format: 'date-time', description: 'Not before this time.' }),
  to: Type.Optional(Type.String({ format: 'date-time', description: 'Before this time; now when absent.' })),
});
export const ReplayResult = Strict({
  scheduled: Type.Integer({ description: 'Events that are sent again.' }),
});
export const ListQuery = Strict({ limit: Limit, offset: Offset });
export const DeliveryParams = Strict({ webhook_id: Id, delivery_id: Id });

export type CreateWebhook = Static<typeof CreateWebhookBody>;
export type UpdateWebhook = Static<typeof UpdateWebhookBody>;
export type RotateSecret = Static<typeof RotateSecretBody>;
export type Replay = Static<typeof ReplayBody>;
export type ListOptions = Static<typeof ListQuery>;
