import { allowOnPerson } from '../../access.ts';
import { type Answer, noContent, ok } from '../../answer.ts';
import { type Ctx, emit, write } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { requireRemovable } from '../members/guard.ts';
import { banOf } from './present.ts';
import { deleteBan, findBan } from './store.ts';

/** Lifts a ban; the person may come back, but is not put back. */
export function liftBan(ctx: Ctx, roomId: number, userId: number): Promise<Answer> {
  return write(ctx, 'ban.lift', async (ctx) => {
    requireRemovable(ctx, await allowOnPerson(ctx, 'ban.set', roomId, userId));
    const standing = await findBan.first(ctx.db, { container_id: roomId, user_id: userId, now: ctx.now });
    if (!standing) throw new AppError('NOT_FOUND');
    await deleteBan.run(ctx.db, { container_id: roomId, user_id: userId });
    await emit(ctx, {
      type: 'user_unbanned',
      containerId: roomId,
      userId,
      audit: { userId, details: { reason: ctx.request.auditReason ?? null } },
    });
    return ctx.request.representation ? ok(banOf(standing)) : noContent;
  });
}
