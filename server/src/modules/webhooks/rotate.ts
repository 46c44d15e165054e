import { type Answer, ok } from '../../answer.ts';
import { type Ctx, emit, type WriteCtx, write } from '../../context.ts';
import { invalid } from '../../errors.ts';
import { once } from '../../idempotency.ts';
import { timestamp } from '../../timestamp.ts';
import { allowOnWebhook } from './access.ts';
import { secretFault } from './input.ts';
import { presentWebhook } from './read.ts';
import type { RotateSecret } from './schema.ts';
import { setNextSecret } from './secret_store.ts';
import { BOTH_MS, inForce, makeSecret } from './secrets.ts';
import { findWebhook, type StoredWebhook } from './store.ts';

/**
 * Gives a webhook another secret; the answer is the one place where it is shown. Both sign for a day. Where a rotation is under way
 * already, its new secret, which may have got lost, makes room for this one, and the former stays.
 */
export function rotateSecret(ctx: Ctx, id: number, body: RotateSecret): Promise<Answer> {
  const fault = body.secret ? secretFault(body.secret) : undefined;
  if (fault) throw invalid([fault]);
  const secret = body.secret ?? makeSecret();
  const until = ctx.now + BOTH_MS;
  return write(ctx, 'webhook.rotate', async (ctx) => {
    const webhook = await allowOnWebhook(ctx, id);
    const answer = await once(ctx, async () => {
      await setNextSecret.run(ctx.db, {
        id,
        secret: inForce(webhook, ctx.now),
        next_secret: ctx.deps.webhooks.vault.seal(secret),
        next_secret_at: until,
        at: ctx.now,
      });
      const former_secret_until = timestamp(until);
      await tellOfSecret(ctx, webhook, { step: 'rotated', former_secret_until });
      return ok({ ...(await presentAnew(ctx, id)), former_secret_until });
    });
    return answer.replayed ? answer : ok({ ...(answer.data as object), secret });
  });
}

/** That something became of it, and never what it is. */
export async function tellOfSecret(ctx: WriteCtx, webhook: StoredWebhook, details: Record<string, string>) {
  await emit(ctx, {
    type: 'webhook_updated',
    ...(webhook.room_id === null ? {} : { containerId: webhook.room_id }),
    version: webhook.version + 1,
    data: { webhook_id: webhook.id },
    audit: { details: { changed: ['secret'], ...details } },
  });
}

export const presentAnew = async (ctx: WriteCtx, id: number) =>
  presentWebhook(ctx.db, (await findWebhook.first(ctx.db, { id })) as StoredWebhook);
