import { type Answer, noContent, ok } from '../../answer.ts';
import { type Ctx, emit, write } from '../../context.ts';
import { allowOnWebhook } from './access.ts';
import { presentWebhook } from './read.ts';
import { deleteReplay } from './replay_store.ts';
import { deleteSubscriptions, deleteWebhook } from './store.ts';

/** Ends a webhook, and with it what was still to be delivered; the rows go later. */
export function removeWebhook(ctx: Ctx, id: number): Promise<Answer> {
  return write(ctx, 'webhook.delete', async (ctx) => {
    const webhook = await allowOnWebhook(ctx, id);
    const asItWas = await presentWebhook(ctx.db, webhook);
    await deleteSubscriptions.run(ctx.db, { webhook_id: id });
    await deleteReplay.run(ctx.db, { webhook_id: id });
    await deleteWebhook.run(ctx.db, { id });
    await emit(ctx, {
      type: 'webhook_deleted',
      ...(webhook.room_id === null ? {} : { containerId: webhook.room_id }),
      data: { webhook_id: id },
      audit: { details: { url: webhook.url, reason: ctx.request.auditReason ?? null } },
    });
    return ctx.request.representation ? ok(asItWas) : noContent;
  });
}
