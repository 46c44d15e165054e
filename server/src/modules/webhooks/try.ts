import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, ok } from '../../answer.ts';
import { type Ctx, type WriteCtx, write } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { once } from '../../idempotency.ts';
import { timestamp } from '../../timestamp.ts';
import { allowOnWebhook } from './access.ts';
import { isDelivered, resultOf, type Sendable, send } from './attempt.ts';
import { bodyText } from './body.ts';
import { markWell } from './claim_store.ts';
import { endTest, findDelivery, insertTest } from './delivery_store.ts';
import type { StoredWebhook } from './store.ts';

const LOOK_EVERY_MS = 100;
const LOOKS = 50;

/**
 * Sends `webhook_test` now and tells how it went; there is no second attempt. An inactive webhook is tested too, and no test switches one
 * off: whoever asked sees the answer.
 */
export async function testWebhook(ctx: Ctx, id: number): Promise<Answer> {
  await allowOnWebhook(ctx, id);
  return ctx.deps.webhooks.tests.run(id, ctx.actor.userId, () => testNow(ctx, id));
}

async function testNow(ctx: Ctx, id: number): Promise<Answer> {
  let sendable: Sendable | undefined;
  const begun = await write(ctx, 'webhook.test', async (ctx) => {
    const webhook = await allowOnWebhook(ctx, id);
    return once(ctx, async () => {
      const test = testOf(ctx, webhook);
      sendable = { url: webhook.url, secrets: webhook, ...test };
      const { messageId: message_id, body, traceparent } = test;
      const key = { webhook_id: id, message_id, body, traceparent, at: ctx.now };
      return ok({ id: (await insertTest.first(ctx.db, key))?.id });
    });
  });
  const key = { webhook_id: id, id: (begun.data as { id: number }).id };
  if (begun.replayed || !sendable) return toldBefore(ctx, key);
  const outcome = await send(ctx.deps, sendable);
  const ended = { status: isDelivered(outcome) ? 'delivered' : 'exhausted', ...resultOf(outcome) } as const;
  await write(ctx, 'webhook.test_ended', async ({ db }) => {
    await endTest.run(db, { id: key.id, ...ended });
    if (ended.status === 'delivered') await markWell.run(db, { id });
  });
  return ok(toldOf(ended));
}

function testOf(ctx: WriteCtx, { id, room_id }: StoredWebhook) {
  const event = 'webhook_test';
  const messageId = `evt_${randomUUID()}`;
  const data = { room_id, webhook_id: id, actor_id: ctx.actor.userId };
  const body = bodyText({ id: messageId, event, timestamp: timestamp(ctx.now), webhook_id: id, data });
  return { event, messageId, body, traceparent: ctx.request.traceparent };
}

/** The answer to the same Idempotency-Key again; waits for it as long as other routes do. */
async function toldBefore(ctx: Ctx, key: { webhook_id: number; id: number }): Promise<Answer> {
  for (let looks = 0; looks < LOOKS; looks++) {
    const test = await findDelivery.first(ctx.deps.db.reader, key);
    if (test && test.status !== 'pending') return { ...ok(toldOf(test)), replayed: true };
    await sleep(LOOK_EVERY_MS);
  }
  throw new AppError('REQUEST_IN_PROGRESS', {}, 1);
}

function toldOf({ status, response_code, duration_ms, error }: Omit<Parameters<typeof endTest.run>[1], 'id'>) {
  return { delivered: status === 'delivered', status_code: response_code, duration_ms, error };
}
