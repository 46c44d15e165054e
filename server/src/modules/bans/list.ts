import { allowInRoom } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import { banOf } from './present.ts';
import type { ListOptions } from './schema.ts';
import { countBans, listBans } from './store.ts';

/** Who is banned from a room, newest first. */
export async function listRoomBans(ctx: Ctx, roomId: number, options: ListOptions): Promise<Answer> {
  const { limit, offset } = options;
  await allowInRoom(ctx, 'ban.list', roomId);
  const key = { container_id: roomId, now: ctx.now };
  const bans = await listBans.all(ctx.db, { ...key, limit: limit + 1, offset });
  const counted = await countBans.first(ctx.db, key);
  return ok({
    bans: bans.slice(0, limit).map(banOf),
    total: Number(counted?.total ?? 0),
    has_more: bans.length > limit,
  });
}
