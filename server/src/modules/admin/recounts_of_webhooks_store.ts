import type { Recount } from '../../db/recount.ts';

/** What a webhook has asked for carries its room, so that an event finds it in one step. */
const subscriptions: Recount = {
  of: 'webhook_subscription',
  names: ['room_id'],
  from: `select s.webhook_id || ':' || s.event as id, s.room_id, coalesce(w.room_id, 0) as counted_room_id
    from webhook_subscriptions as s inner join webhooks as w on w.id = s.webhook_id`,
};

/** Each asks for something, at places numbered from 0. */
const webhooks: Recount = {
  of: 'webhook',
  names: ['subscriptions'],
  from: `select w.id, coalesce(max(s.position) + 1, 1) as subscriptions, count(s.webhook_id) as counted_subscriptions
    from webhooks as w left join webhook_subscriptions as s on s.webhook_id = w.id group by w.id`,
};

export const webhookRecounts: readonly Recount[] = [subscriptions, webhooks];
