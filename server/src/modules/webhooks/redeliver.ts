import { type Answer, ok } from '../../answer.ts';
import { type Ctx, write } from '../../context.ts';
import { AppError, conflict } from '../../errors.ts';
import { once } from '../../idempotency.ts';
import { allowOnWebhook } from './allow.ts';
import { type FoundDelivery, findDelivery, takeUpAgain } from './delivery_store.ts';
import { deliveryOf } from './present.ts';

/** Sends the same body under the same id again, at once, and if it fails along the whole schedule. */
export async function redeliver(ctx: Ctx, webhookId: number, deliveryId: number): Promise<Answer> {
  const answer = await write(ctx, 'delivery.take_up', async (ctx) => {
    const webhook = await allowOnWebhook(ctx, webhookId);
    return once(ctx, async () => {
      const key = { id: deliveryId, webhook_id: webhookId };
      const delivery = await findDelivery.first(ctx.db, key);
      if (!delivery) throw new AppError('NOT_FOUND');
      if (webhook.is_active === 0) throw conflict('webhook_inactive');
      if (delivery.claimed_by !== null) throw conflict('being_delivered');
      await takeUpAgain.run(ctx.db, { id: deliveryId, at: ctx.now });
      return ok(deliveryOf((await findDelivery.first(ctx.db, key)) as FoundDelivery));
    });
  });
  ctx.deps.webhooks.worker.wake();
  return answer;
}
