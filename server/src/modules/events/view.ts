import { allow, allowInRoom } from '../../access.ts';
import type { Ctx } from '../../context.ts';
import type { CommitPosition } from '../../db/commit_order.ts';
import { isBefore } from '../../db/commit_order.ts';
import { AppError } from '../../errors.ts';
import { placeOf } from '../../log/read.ts';
import type { View } from './backlog.ts';
import type { EventFilters } from './schema.ts';
import { findEnding } from './visible_store.ts';

/**
 * What the caller may be told of: all he is in, or the one room he names. Whoever was let go from it, and does not know that yet, may
 * still ask; all there is for him is that.
 */
export async function allowView(ctx: Ctx, { types, room_id }: EventFilters, from: CommitPosition): Promise<View> {
  allow(ctx, 'event.read');
  const view: View = { actor: ctx.actor, types, room_id };
  if (room_id === undefined) return view;
  try {
    const { room } = await allowInRoom(ctx, 'message.list', room_id);
    return room.role === null ? { ...view, visits: room_id } : view;
  } catch (refusal) {
    if (refusal instanceof AppError && (await hasUntoldEnding(ctx, room_id, from))) return view;
    throw refusal;
  }
}

async function hasUntoldEnding(ctx: Ctx, roomId: number, from: CommitPosition): Promise<boolean> {
  const ending = await findEnding.first(ctx.db, { container_id: roomId, user_id: ctx.actor.userId });
  const place = ending?.left_event ? await placeOf(ctx.db, ending.left_event) : undefined;
  return place !== undefined && isBefore(from, place);
}
