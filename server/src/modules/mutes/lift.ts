import { allowOnPerson } from '../../access.ts';
import { type Answer, noContent, ok } from '../../answer.ts';
import { type Ctx, emit, write } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { setMute } from '../members/change_store.ts';
import { requireRemovable } from '../members/guard.ts';
import { muteOf } from './present.ts';

/** Lifts a mute. */
export function liftMute(ctx: Ctx, roomId: number, userId: number): Promise<Answer> {
  return write(ctx, 'mute.lift', async (ctx) => {
    const on = await allowOnPerson(ctx, 'mute.set', roomId, userId);
    const { target } = on;
    if (target.role === undefined) throw new AppError('USER_NOT_FOUND');
    requireRemovable(ctx, on);
    if ((target.mutedUntil ?? 0) <= ctx.now) throw new AppError('NOT_FOUND');
    const key = { container_id: roomId, user_id: userId };
    await setMute.run(ctx.db, { ...key, muted_until: null });
    await emit(ctx, { type: 'member_unmuted', containerId: roomId, userId, audit: { userId } });
    if (!ctx.request.representation) return noContent;
    return ok(muteOf({ ...key, username: target.username, muted_until: target.mutedUntil }));
  });
}
