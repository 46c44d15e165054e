import { allow } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import type { Reader } from '../../db/database.ts';
import { refuseForAccount } from '../../policy.ts';
import { allowOnWebhook } from './access.ts';
import { listDeliveries } from './delivery_store.ts';
import { deliveryOf, webhookOf } from './present.ts';
import type { Asked, ListOptions } from './schema.ts';
import {
  countAllWebhooks,
  countWebhooksOfOwner,
  findSubscriptions,
  listAllWebhooks,
  listWebhooksOfOwner,
  type StoredWebhook,
} from './store.ts';

export async function getWebhook(ctx: Ctx, id: number): Promise<Answer> {
  return ok(await presentWebhook(ctx.db, await allowOnWebhook(ctx, id)));
}

/** Those the caller manages, newest first: an admin all of them, others those of the rooms they own. */
export async function listWebhooks(ctx: Ctx, { limit, offset }: ListOptions): Promise<Answer> {
  allow(ctx, 'webhook.list');
  const slice = { limit, offset };
  const mine = { user_id: ctx.actor.userId };
  const managesAll = !refuseForAccount(ctx.actor, 'webhook.manage_for_server');
  const found = managesAll
    ? await listAllWebhooks.all(ctx.db, slice)
    : await listWebhooksOfOwner.all(ctx.db, { ...slice, ...mine });
  const counted = managesAll
    ? await countAllWebhooks.first(ctx.db, {})
    : await countWebhooksOfOwner.first(ctx.db, mine);
  const total = counted?.total ?? 0;
  return ok({ webhooks: await presentWebhooks(ctx.db, found), total, has_more: offset + found.length < total });
}

/** What was or will be sent to it, newest first. */
export async function listWebhookDeliveries(ctx: Ctx, id: number, options: ListOptions): Promise<Answer> {
  await allowOnWebhook(ctx, id);
  const { limit, offset } = options;
  const found = await listDeliveries.all(ctx.db, { webhook_id: id, limit: limit + 1, offset });
  return ok({ deliveries: found.slice(0, limit).map(deliveryOf), has_more: found.length > limit });
}

export async function presentWebhook(db: Reader, webhook: StoredWebhook) {
  return webhookOf(webhook, await eventsOf(db, webhook.id));
}

export async function eventsOf(db: Reader, id: number): Promise<Asked[]> {
  return (await findSubscriptions.all(db, [id])).map(({ event }) => event as Asked);
}

async function presentWebhooks(db: Reader, found: readonly StoredWebhook[]) {
  const rows = await findSubscriptions.all(
    db,
    found.map(({ id }) => id),
  );
  const events = Map.groupBy(rows, ({ webhook_id }) => webhook_id);
  return found.map((webhook) =>
    webhookOf(
      webhook,
      (events.get(webhook.id) ?? []).map(({ event }) => event),
    ),
  );
}
