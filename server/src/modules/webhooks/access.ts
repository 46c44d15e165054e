import { allowInRoom, requireStanding } from '../../access.ts';
import { type Ctx, isWriting, lockStreams, type WriteCtx } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { refuseForAccount } from '../../policy.ts';
import { findWebhook, type StoredWebhook } from './store.ts';

/** A webhook is there for those who manage it, and for nobody else: a room's for its owner and admins, the server's for admins. */
export async function allowOnWebhook(ctx: Ctx, id: number): Promise<StoredWebhook> {
  const seen = await findWebhook.first(ctx.db, { id });
  if (!seen) throw new AppError('WEBHOOK_NOT_FOUND');
  const found = isWriting(ctx) ? await againUnderLock(ctx, seen) : seen;
  if (!found) throw new AppError('WEBHOOK_NOT_FOUND');
  if (found.room_id !== null) await allowInRoom(ctx, 'webhook.manage', found.room_id).catch(asWebhookNotFound);
  else if (refuseForAccount(ctx.actor, 'webhook.manage_for_server')) throw new AppError('WEBHOOK_NOT_FOUND');
  return found;
}

async function againUnderLock(ctx: WriteCtx, { id, room_id }: StoredWebhook): Promise<StoredWebhook | undefined> {
  await lockForWebhook(ctx, room_id);
  return findWebhook.first(ctx.db, { id });
}

/** What is told of webhooks stands in the server's stream; the room is held for whose it is. */
export async function lockForWebhook(ctx: WriteCtx, roomId: number | null): Promise<void> {
  await lockStreams(ctx, { server: true, containers: roomId === null ? [] : [roomId] });
  await requireStanding(ctx);
}

function asWebhookNotFound(error: unknown): never {
  throw error instanceof AppError ? new AppError('WEBHOOK_NOT_FOUND') : error;
}
