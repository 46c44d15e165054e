import { allowInRoom } from '../../access.ts';
import { type Answer, created, ok } from '../../answer.ts';
import { type Ctx, write } from '../../context.ts';
import { conflict } from '../../errors.ts';
import { once } from '../../idempotency.ts';
import { enterRoom, presentMember } from './enter.ts';
import { ownerOnAdding } from './office.ts';
import type { Role } from './schema.ts';

/** Joins a room one can see: 201, and 200 for who is in it already and stays as he is. */
export function joinRoom(ctx: Ctx, roomId: number): Promise<Answer> {
  return write(ctx, 'room.join', async (ctx) => {
    const { room } = await allowInRoom(ctx, 'room.join', roomId);
    return once(ctx, async () => {
      const answer = room.role === null ? created : ok;
      if (room.role === null) await enterRoom(ctx, room, ctx.actor.userId);
      return answer(await presentMember(ctx, roomId, ctx.actor.userId));
    });
  });
}

/** The same as an addition of oneself, which happens once. */
export function addSelf(ctx: Ctx, roomId: number, role: Role): Promise<Answer> {
  return write(ctx, 'room.join', async (ctx) => {
    const { room } = await allowInRoom(ctx, role === 'moderator' ? 'member.add_moderator' : 'room.join', roomId);
    if (role === 'owner') throw ownerOnAdding();
    return once(ctx, async () => {
      if (room.role !== null) throw conflict('already_member', { user_id: ctx.actor.userId });
      await enterRoom(ctx, room, ctx.actor.userId, role);
      return created(await presentMember(ctx, roomId, ctx.actor.userId));
    });
  });
}
