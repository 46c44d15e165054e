import type { DeliveryRow } from '../../db/tables_of_webhooks.ts';
import { timestamp } from '../../timestamp.ts';
import type { StoredWebhook } from './store.ts';

/** A webhook as those see it who manage it; its secret is never shown again. */
export function webhookOf(webhook: StoredWebhook, events: readonly string[]) {
  return {
    id: webhook.id,
    url: webhook.url,
    events,
    room_id: webhook.room_id,
    active: webhook.is_active === 1,
    disabled_reason: webhook.disabled_reason,
    created_at: timestamp(webhook.created_at),
    updated_at: timestamp(webhook.updated_at),
  };
}

type Unshown = 'id' | 'webhook_id' | 'event_id' | 'step' | 'claimed_by' | 'body' | 'traceparent' | 'about_message_id';
type ShownDelivery = Omit<DeliveryRow, Unshown> & {
  id: number;
};

export function deliveryOf(delivery: ShownDelivery) {
  return {
    id: delivery.id,
    event_id: delivery.message_id,
    event: delivery.event,
    status: delivery.status,
    attempts: delivery.attempts,
    response_code: delivery.response_code,
    duration_ms: delivery.duration_ms,
    response_excerpt: delivery.response_excerpt,
    error: delivery.error,
    next_attempt_at: delivery.due_at === null ? null : timestamp(delivery.due_at),
    created_at: timestamp(delivery.created_at),
  };
}
