import { allow, allowInRoom } from '../../access.ts';
import type { Ctx } from '../../context.ts';
import type { CommitPosition } from '../../db/commit_order.ts';
import { isBefore } from '../../db/commit_order.ts';
import { AppError } from '../../errors.ts';
import { placeOf } from '../../log/read.ts';
import type { View } from './backlog.ts';
import { findEnding } from './visible_store.ts';

export interface Allowed {
  readonly view: View;
  /** A room the caller may look into without being in it. */
  readonly visits: number | undefined;
}

/**
 * What the caller may be told of: all he is in, or the one room he names. Whoever was let go from it, and does not know that yet, may
 * still ask; all there is for him is that.
 */
export async function allowView(ctx: Ctx, roomId: number | undefined, from: CommitPosition): Promise<Allowed> {
  allow(ctx, 'event.read');
  const all: Allowed = { view: { actor: ctx.actor }, visits: undefined };
  if (roomId === undefined) return all;
  try {
    const { room } = await allowInRoom(ctx, 'message.list', roomId);
    return room.role === null ? { view: { roomId }, visits: roomId } : all;
  } catch (refusal) {
    if (refusal instanceof AppError && (await hasUntoldEnding(ctx, roomId, from))) return all;
    throw refusal;
  }
}

async function hasUntoldEnding(ctx: Ctx, roomId: number, from: CommitPosition): Promise<boolean> {
  const ending = await findEnding.first(ctx.db, { container_id: roomId, user_id: ctx.actor.userId });
  const place = ending?.left_event ? await placeOf(ctx.db, ending.left_event) : undefined;
  return place !== undefined && isBefore(from, place);
}
