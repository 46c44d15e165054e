import { allowInRoom } from '../../access.ts';
import { type Answer, noContent, ok } from '../../answer.ts';
import { type Ctx, emit, type WriteCtx, write } from '../../context.ts';
import { AppError, conflict } from '../../errors.ts';
import { once } from '../../idempotency.ts';
import { timestamp } from '../../timestamp.ts';
import type { RoomForUser } from '../rooms/store.ts';
import { addToMemberCount, endMembership } from './change_store.ts';
import { presentMember } from './enter.ts';
import { findDeparture } from './store.ts';

/** Leaves a room: 204, and 200 with when it was for who has left already. Who never was in it is told so. */
export function leaveRoom(ctx: Ctx, roomId: number): Promise<Answer> {
  return write(ctx, 'room.leave', async (ctx) => {
    const { room } = await allowInRoom(ctx, 'room.leave', roomId);
    return once(ctx, async () => {
      if (room.role !== null) {
        await depart(ctx, room);
        return noContent;
      }
      const key = { container_id: roomId, user_id: ctx.actor.userId };
      const departure = await findDeparture.first(ctx.db, key);
      if (!departure) throw new AppError('USER_NOT_FOUND');
      return ok({ room_id: roomId, user_id: key.user_id, left_at: timestamp(departure.left_at ?? ctx.now) });
    });
  });
}

/** The same as a removal of oneself, which happens once. */
export function removeSelf(ctx: Ctx, roomId: number): Promise<Answer> {
  return write(ctx, 'room.leave', async (ctx) => {
    const { room } = await allowInRoom(ctx, 'room.leave', roomId);
    if (room.role === null) throw new AppError('USER_NOT_FOUND');
    const before = ctx.request.representation ? await presentMember(ctx, roomId, ctx.actor.userId) : undefined;
    await depart(ctx, room);
    return before ? ok(before) : noContent;
  });
}

async function depart(ctx: WriteCtx, room: RoomForUser): Promise<void> {
  if (room.role === 'owner') throw conflict('owner_must_transfer', { user_id: ctx.actor.userId });
  await endStay(ctx, { roomId: room.id, userId: ctx.actor.userId, role: room.role as string, removed: false });
}

/** A membership ends, by oneself or by another: what its person last sees of the room is this event. */
export async function endStay(
  ctx: WriteCtx,
  { roomId, userId, role, removed }: { roomId: number; userId: number; role: string; removed: boolean },
): Promise<void> {
  const [eventId] = await emit(ctx, {
    type: 'user_left',
    containerId: roomId,
    userId,
    data: { role, removed },
    audit: { userId, details: removed ? { reason: ctx.request.auditReason ?? null } : {} },
  });
  await endAfter(ctx, roomId, userId, eventId as number);
}

/** Ends a membership with an event that has been written. */
export async function endAfter(ctx: WriteCtx, roomId: number, userId: number, eventId: number): Promise<void> {
  await endMembership.run(ctx.db, { container_id: roomId, user_id: userId, left_at: ctx.now, left_event: eventId });
  await addToMemberCount.run(ctx.db, { id: roomId, delta: -1 });
}
