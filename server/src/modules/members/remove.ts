import { allowOnPerson } from '../../access.ts';
import { type Answer, noContent, ok } from '../../answer.ts';
import { type Ctx, write } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { presentMember } from './enter.ts';
import { requireRemovable } from './guard.ts';
import { endStay, removeSelf } from './leave.ts';

/** Takes somebody out of a room; of oneself it is leaving. */
export function removeMember(ctx: Ctx, roomId: number, userId: number): Promise<Answer> {
  if (userId === ctx.actor.userId) return removeSelf(ctx, roomId);
  return write(ctx, 'member.remove', async (ctx) => {
    const on = await allowOnPerson(ctx, 'member.remove', roomId, userId);
    const { role } = on.target;
    if (role === undefined) throw new AppError('USER_NOT_FOUND');
    requireRemovable(ctx, on);
    const before = ctx.request.representation ? await presentMember(ctx, roomId, userId) : undefined;
    await endStay(ctx, { roomId, userId, role, removed: true });
    return before ? ok(before) : noContent;
  });
}
