import { type Answer, ok } from '../../answer.ts';
import { type Ctx, emit, type WriteCtx, write } from '../../context.ts';
import { invalid } from '../../errors.ts';
import { allowOnWebhook } from './access.ts';
import { refuseTooManyOfOne, subscribe } from './create.ts';
import { judgeEvents, refuseTarget, urlFault } from './input.ts';
import { eventsOf, presentWebhook } from './read.ts';
import type { Asked, UpdateWebhook } from './schema.ts';
import { deleteSubscriptions, findWebhook, type StoredWebhook, updateWebhook } from './store.ts';

/** Changes what the body names. Whoever switches one on that was off answers for it from then on. */
export async function changeWebhook(ctx: Ctx, id: number, body: UpdateWebhook): Promise<Answer> {
  const fault = body.url === undefined ? undefined : urlFault(body.url, ctx.deps.config);
  if (fault) throw invalid([fault]);
  if (body.url !== undefined) {
    await allowOnWebhook(ctx, id);
    await refuseTarget(ctx, body.url);
  }
  const answer = await write(ctx, 'webhook.update', async (ctx) => {
    const webhook = await allowOnWebhook(ctx, id);
    const before = await eventsOf(ctx.db, id);
    const events = body.events === undefined ? before : judgeEvents(body.events as Asked[], webhook.room_id);
    const changed = changedIn(webhook, before, { ...body, events });
    if (changed.length === 0) return ok(await presentWebhook(ctx.db, webhook));
    await store(ctx, webhook, body);
    if (changed.includes('events')) {
      await deleteSubscriptions.run(ctx.db, { webhook_id: id });
      await subscribe(ctx, webhook, events);
    }
    await emit(ctx, {
      type: 'webhook_updated',
      ...(webhook.room_id === null ? {} : { containerId: webhook.room_id }),
      version: webhook.version + 1,
      data: { webhook_id: id },
      audit: { details: { changed, ...body } },
    });
    return ok(await presentWebhook(ctx.db, (await findWebhook.first(ctx.db, { id })) as StoredWebhook));
  });
  // What has waited for it to be on again may be due.
  ctx.deps.webhooks.worker.wake();
  return answer;
}

function changedIn(webhook: StoredWebhook, before: readonly Asked[], { url, events, active }: UpdateWebhook): string[] {
  const differs = {
    url: url !== undefined && url !== webhook.url,
    events: JSON.stringify(events) !== JSON.stringify(before),
    active: active !== undefined && active !== (webhook.is_active === 1),
  };
  return Object.entries(differs).flatMap(([field, does]) => (does ? [field] : []));
}

async function store(ctx: WriteCtx, webhook: StoredWebhook, { url, active }: UpdateWebhook): Promise<void> {
  const isOn = active ?? webhook.is_active === 1;
  const isTakenOver = isOn && webhook.is_active === 0;
  if (isTakenOver && webhook.user_id !== ctx.actor.userId) await refuseTooManyOfOne(ctx);
  const isMoved = url !== undefined && url !== webhook.url;
  await updateWebhook.run(ctx.db, {
    id: webhook.id,
    user_id: isTakenOver ? ctx.actor.userId : webhook.user_id,
    url: url ?? webhook.url,
    is_active: isOn ? 1 : 0,
    disabled_reason: isTakenOver ? null : webhook.disabled_reason,
    failing_since: isTakenOver || isMoved ? null : webhook.failing_since,
    updated_at: ctx.now,
  });
}
