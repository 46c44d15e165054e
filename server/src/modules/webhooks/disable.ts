import { emit, type WriteCtx } from '../../context.ts';
import type { Flag } from '../../db/tables.ts';
import {
  closeWebhooksOfRoom,
  disableWebhook,
  findActiveBeyondOwn,
  findActiveInRoom,
  findActiveOf,
} from './disable_store.ts';

/** Losing a right ends what hung on it (permissions, rule 6), as does a receiver nobody reaches. The lock of the server's stream must be held. */
type DisabledReason = 'owner_changed' | 'not_admin' | 'guest' | 'suspended' | Unreachable;
/** The receiver has answered 410, or every attempt has failed for days. */
export type Unreachable = 'gone' | 'failing';

/** A room has passed from this person, who is no admin, to somebody else. */
export async function disableOfFormerOwner(ctx: WriteCtx, roomId: number, userId: number): Promise<void> {
  await disable(ctx, await findActiveInRoom.all(ctx.db, { user_id: userId, room_id: roomId }), 'owner_changed');
}

/** What somebody may no longer have once his account stands like this. */
export async function disableBeyond(
  ctx: WriteCtx,
  userId: number,
  standing: { role: string; is_suspended: Flag },
): Promise<void> {
  const key = { user_id: userId };
  if (standing.is_suspended === 1) return disable(ctx, await findActiveOf.all(ctx.db, key), 'suspended');
  if (standing.role === 'guest') return disable(ctx, await findActiveOf.all(ctx.db, key), 'guest');
  if (standing.role !== 'admin') await disable(ctx, await findActiveBeyondOwn.all(ctx.db, key), 'not_admin');
}

/** With a deleted room: its last event still reaches them. */
export async function closeWebhooks(ctx: WriteCtx, roomId: number): Promise<void> {
  await closeWebhooksOfRoom.run(ctx.db, { room_id: roomId, at: ctx.now });
}

/** What it was to be told waits until somebody switches it on again. */
export async function disable(
  ctx: WriteCtx,
  webhooks: readonly { id: number; user_id: number; room_id: number | null }[],
  reason: DisabledReason,
): Promise<void> {
  for (const { id, user_id, room_id } of webhooks) {
    await disableWebhook.run(ctx.db, { id, reason, at: ctx.now });
    await emit(ctx, {
      type: 'webhook_disabled',
      // Whoever had it is told of it, too.
      userId: user_id,
      ...(room_id === null ? {} : { containerId: room_id }),
      data: { webhook_id: id, reason },
      audit: {},
    });
  }
}
