import { allow, allowInRoom } from '../../access.ts';
import { type Answer, created } from '../../answer.ts';
import { type Ctx, emit, type WriteCtx, write } from '../../context.ts';
import { invalid, unprocessable } from '../../errors.ts';
import { once } from '../../idempotency.ts';
import { refuseForAccount } from '../../policy.ts';
import { lockForWebhook } from './access.ts';
import { judgeEvents, refuseTarget, secretFault, urlFault } from './input.ts';
import { webhookOf } from './present.ts';
import type { Asked, CreateWebhook } from './schema.ts';
import { makeSecret } from './secrets.ts';
import {
  countMadeBy,
  countOfRoom,
  findWebhook,
  insertSubscriptions,
  insertWebhook,
  type StoredWebhook,
} from './store.ts';

/** Makes a webhook; the answer is the one place where its secret is shown. */
export async function createWebhook(ctx: Ctx, body: CreateWebhook): Promise<Answer> {
  const { url, room_id: roomId = null } = body;
  const faults = [urlFault(url, ctx.deps.config), body.secret ? secretFault(body.secret) : undefined];
  const found = faults.filter((fault) => fault !== undefined);
  if (found.length > 0) throw invalid(found);
  // Where a name leads is nobody's business who may not have a webhook; an admin may anywhere.
  if (refuseForAccount(ctx.actor, 'webhook.manage_for_server')) await allowHere(ctx, roomId);
  await refuseTarget(ctx, url);
  const secret = body.secret ?? makeSecret();
  return write(ctx, 'webhook.create', async (ctx) => {
    await lockForWebhook(ctx, roomId);
    await allowHere(ctx, roomId);
    const events = judgeEvents(body.events as Asked[], roomId);
    const answer = await once(ctx, async () => {
      await refuseTooMany(ctx, roomId);
      return created(webhookOf(await store(ctx, { url, roomId, secret, events }), events));
    });
    return answer.replayed ? answer : created({ ...(answer.data as object), secret });
  });
}

async function allowHere(ctx: Ctx, roomId: number | null): Promise<void> {
  if (roomId === null) allow(ctx, 'webhook.manage_for_server');
  else await allowInRoom(ctx, 'webhook.manage', roomId);
}

/** Raises where the caller answers for as many webhooks as one person may. */
export async function refuseTooManyOfOne(ctx: WriteCtx): Promise<void> {
  const { MAX_WEBHOOKS_PER_USER } = ctx.deps.config;
  const mine = await countMadeBy.first(ctx.db, { user_id: ctx.actor.userId });
  if ((mine?.total ?? 0) >= MAX_WEBHOOKS_PER_USER)
    throw unprocessable('too_many_webhooks', { limit: MAX_WEBHOOKS_PER_USER, of: 'user' });
}

async function refuseTooMany(ctx: WriteCtx, roomId: number | null): Promise<void> {
  const { MAX_WEBHOOKS_PER_ROOM } = ctx.deps.config;
  await refuseTooManyOfOne(ctx);
  if (roomId === null) return;
  const here = await countOfRoom.first(ctx.db, { room_id: roomId });
  if ((here?.total ?? 0) >= MAX_WEBHOOKS_PER_ROOM)
    throw unprocessable('too_many_webhooks', { limit: MAX_WEBHOOKS_PER_ROOM, of: 'room' });
}

interface Wanted {
  readonly url: string;
  readonly roomId: number | null;
  readonly secret: string;
  readonly events: readonly Asked[];
}

async function store(ctx: WriteCtx, { url, roomId, secret, events }: Wanted): Promise<StoredWebhook> {
  const made = await insertWebhook.first(ctx.db, {
    user_id: ctx.actor.userId,
    room_id: roomId,
    url,
    secret: ctx.deps.webhooks.vault.seal(secret),
    at: ctx.now,
  });
  const id = made?.id as number;
  await subscribe(ctx, { id, room_id: roomId }, events);
  await emit(ctx, {
    type: 'webhook_created',
    ...(roomId === null ? {} : { containerId: roomId }),
    data: { webhook_id: id },
    audit: { details: { url, events } },
  });
  return (await findWebhook.first(ctx.db, { id })) as StoredWebhook;
}

/** What it asks for, in the order it was asked for. */
export function subscribe(
  ctx: WriteCtx,
  { id, room_id }: Pick<StoredWebhook, 'id' | 'room_id'>,
  events: readonly Asked[],
): Promise<number[]> {
  return insertSubscriptions(
    ctx.db,
    events.map((event, position) => ({ room_id: room_id ?? 0, event, webhook_id: id, position })),
  );
}
