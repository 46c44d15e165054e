import { type Answer, ok } from '../../answer.ts';
import { type Ctx, write } from '../../context.ts';
import { AppError, conflict } from '../../errors.ts';
import { once } from '../../idempotency.ts';
import { allowOnWebhook } from './access.ts';
import { type FoundDelivery, findDelivery, takeUpAgain } from './delivery_store.ts';
import { deliveryOf } from './present.ts';

/** Sends the same under the same id again, of a deleted message without its words; at once, and if it fails along the whole schedule. */
export async function redeliver(ctx: Ctx, webhookId: number, deliveryId: number): Promise<Answer> {
  const answer = await write(ctx, 'delivery.take_up', async (ctx) => {
    const webhook = await allowOnWebhook(ctx, webhookId);
    return once(ctx, async () => {
      const key = { id: deliveryId, webhook_id: webhookId };
      const delivery = await findDelivery.first(ctx.db, key);
      if (!delivery) throw new AppError('NOT_FOUND');
      if (webhook.is_active === 0) throw conflict('webhook_inactive');
      if (isUnderWay(delivery, ctx)) throw conflict('being_delivered');
      const taken = await takeUpAgain.run(ctx.db, { id: deliveryId, at: ctx.now });
      if (taken === 0) throw conflict('being_delivered');
      return ok(deliveryOf((await findDelivery.first(ctx.db, key)) as FoundDelivery));
    });
  });
  ctx.deps.webhooks.worker.wake();
  return answer;
}

/** A test is held by nobody while it is sent, and is never due; one that a restart has cut off is over after its time. */
function isUnderWay({ claimed_by, status, due_at, created_at }: FoundDelivery, { deps, now }: Ctx): boolean {
  if (claimed_by !== null) return true;
  const longest = deps.config.WEBHOOK_ATTEMPT_SECONDS * 1_000;
  return status === 'pending' && due_at === null && now - created_at <= longest;
}
