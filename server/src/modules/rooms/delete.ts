import { allowInRoom } from '../../access.ts';
import { type Answer, noContent, okJson } from '../../answer.ts';
import { type Ctx, emit, write } from '../../context.ts';
import { endMemberships } from '../members/change_store.ts';
import { uncountRoom } from '../statistics/tally.ts';
import { addToCounter } from '../statistics/tally_store.ts';
import { closeWebhooks } from '../webhooks/disable.ts';
import { emptyRoom, setVisibility } from './change_store.ts';
import { roomJson } from './present.ts';

/** Ends a room: at once everything under it is 404. Its event is the last one its members see; the rows go later. */
export function deleteRoom(ctx: Ctx, roomId: number): Promise<Answer> {
  return write(ctx, 'room.delete', async (ctx) => {
    const { room } = await allowInRoom(ctx, 'room.delete', roomId);
    const [eventId] = await emit(ctx, {
      type: 'room_deleted',
      containerId: roomId,
      version: room.version + 1,
      data: { name: room.name },
      audit: { details: { member_count: room.member_count, reason: ctx.request.auditReason ?? null } },
    });
    await closeWebhooks(ctx, roomId);
    await setVisibility.run(ctx.db, { id: roomId, visibility: 'deleted' });
    await emptyRoom.run(ctx.db, { id: roomId, updated_at: ctx.now });
    await endMemberships.run(ctx.db, { container_id: roomId, left_at: ctx.now, left_event: eventId as number });
    const counter = room.visibility === 'public' ? 'rooms_public' : 'rooms_private';
    await uncountRoom(ctx.db, room, ctx.now);
    await addToCounter.run(ctx.db, { name: counter, delta: -1 });
    return ctx.request.representation ? okJson(roomJson(room)) : noContent;
  });
}
