import { allowInRoom } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import type { ListOptions } from '../bans/schema.ts';
import { muteOf } from './present.ts';
import { countMutes, listMutes } from './store.ts';

/** Which members of a room are muted, by name. */
export async function listRoomMutes(ctx: Ctx, roomId: number, options: ListOptions): Promise<Answer> {
  const { limit, offset } = options;
  await allowInRoom(ctx, 'mute.list', roomId);
  const key = { container_id: roomId, now: ctx.now };
  const mutes = await listMutes.all(ctx.db, { ...key, limit: limit + 1, offset });
  const counted = await countMutes.first(ctx.db, key);
  return ok({
    mutes: mutes.slice(0, limit).map(muteOf),
    total: Number(counted?.total ?? 0),
    has_more: mutes.length > limit,
  });
}
