import { type Answer, ok } from '../../answer.ts';
import { type Ctx, write } from '../../context.ts';
import { once } from '../../idempotency.ts';
import { allowOnWebhook } from './access.ts';
import { presentWebhook } from './read.ts';
import { presentAnew, tellOfSecret } from './rotate.ts';
import { promoteNextSecret } from './secret_store.ts';

/** The secret of a rotation is the only one from now on. Where none is under way, nothing changes. */
export function promoteSecret(ctx: Ctx, id: number): Promise<Answer> {
  return write(ctx, 'webhook.promote', async (ctx) => {
    const webhook = await allowOnWebhook(ctx, id);
    return once(ctx, async () => {
      if ((await promoteNextSecret.run(ctx.db, { id, at: ctx.now })) === 0)
        return ok(await presentWebhook(ctx.db, webhook));
      await tellOfSecret(ctx, webhook, { step: 'promoted' });
      return ok(await presentAnew(ctx, id));
    });
  });
}
