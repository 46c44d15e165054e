import { type Answer, ok } from '../../answer.ts';
import { type Ctx, write } from '../../context.ts';
import { conflict, invalidField, unprocessable } from '../../errors.ts';
import { once } from '../../idempotency.ts';
import { instantOf } from '../../instant.ts';
import { timestamp } from '../../timestamp.ts';
import { allowOnWebhook } from './access.ts';
import { byStar } from './lay_out.ts';
import { findReplayOf, insertReplay, measureSpan } from './replay_store.ts';
import type { Replay } from './schema.ts';

const DAY_MS = 86_400_000;

/**
 * Has the events of a span sent again, or for the first time to a webhook that was off or not there then. They are counted here; the
 * delivery worker lays them out, some at a time, and goes on after a restart.
 */
export async function replayEvents(ctx: Ctx, id: number, body: Replay): Promise<Answer> {
  const asked = {
    from: instantOf('from', body.from),
    to: body.to === undefined ? undefined : instantOf('to', body.to),
  };
  // Of a `from` that has not come yet it is not `to` that is wrong.
  const isEmpty = asked.to !== undefined && asked.to < asked.from && asked.from <= ctx.now;
  if (isEmpty) throw invalidField('to', 'before_from');
  await allowOnWebhook(ctx, id);
  const { from } = asked;
  if (from > ctx.now) throw unprocessable('in_the_future', { field: 'from' });
  const oldest = ctx.now - ctx.deps.config.EVENT_RETENTION_DAYS * DAY_MS;
  if (from < oldest) throw unprocessable('not_kept', { field: 'from', oldest: timestamp(oldest) });
  // Up to now; what comes later is told anyway.
  const span = { webhook_id: id, from_at: from, to_at: Math.min(asked.to ?? Number.POSITIVE_INFINITY, ctx.now + 1) };
  const found = await ctx.deps.db.snapshot((db) => measureSpan.first(db, { ...span, by_star: byStar }));
  const answer = await write(ctx, 'webhook.replay', async (ctx) => {
    const webhook = await allowOnWebhook(ctx, id);
    return once(ctx, async () => {
      if (webhook.is_active === 0) throw conflict('webhook_inactive');
      if (await findReplayOf.first(ctx.db, { webhook_id: id })) throw conflict('replay_running');
      const { total: scheduled = 0, first_id: next_id = null, last_id = null } = found ?? {};
      if (next_id !== null && last_id !== null)
        await insertReplay.run(ctx.db, { ...span, next_id, last_id, created_at: ctx.now });
      return ok({ scheduled });
    });
  });
  ctx.deps.webhooks.worker.wake();
  return answer;
}
