import { allowInRoom } from '../../access.ts';
import { type Answer, noContent, okJson } from '../../answer.ts';
import { type Ctx, emit, type WriteCtx, write } from '../../context.ts';
import { endMemberships } from '../members/change_store.ts';
import { uncountRoom } from '../statistics/tally.ts';
import { addToCounter } from '../statistics/tally_store.ts';
import { closeWebhooks } from '../webhooks/disable.ts';
import { emptyRoom, setVisibility } from './change_store.ts';
import { roomJson } from './present.ts';
import type { RoomForUser } from './store.ts';

export function deleteRoom(ctx: Ctx, roomId: number): Promise<Answer> {
  return write(ctx, 'room.delete', async (ctx) => {
    const { room } = await allowInRoom(ctx, 'room.delete', roomId);
    await endRoom(ctx, room);
    return ctx.request.representation ? okJson(roomJson(room)) : noContent;
  });
}

/** Ends a room: at once everything under it is 404. Its event is the last one its members see; the rows go later. */
export async function endRoom(ctx: WriteCtx, room: RoomForUser): Promise<void> {
  const { id } = room;
  const [eventId] = await emit(ctx, {
    type: 'room_deleted',
    containerId: id,
    version: room.version + 1,
    data: { name: room.name },
    audit: { details: { member_count: room.member_count, reason: ctx.request.auditReason ?? null } },
  });
  await closeWebhooks(ctx, id);
  await setVisibility.run(ctx.db, { id, visibility: 'deleted' });
  await emptyRoom.run(ctx.db, { id, updated_at: ctx.now });
  await endMemberships.run(ctx.db, { container_id: id, left_at: ctx.now, left_event: eventId as number });
  const counter = room.visibility === 'public' ? 'rooms_public' : 'rooms_private';
  await uncountRoom(ctx.db, room, ctx.now);
  await addToCounter.run(ctx.db, { name: counter, delta: -1 });
}
