import { allowOnPerson } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import { type Ctx, emit, write } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { FOREVER, parseUntil, requireFuture } from '../bans/until.ts';
import { setMute as storeMute } from '../members/change_store.ts';
import { requireRemovable } from '../members/guard.ts';
import { endOf, muteOf } from './present.ts';
import type { SetMute } from './schema.ts';

/** Mutes a member; of a mute that stands, the end stays unless the body names another. */
export function setMute(ctx: Ctx, roomId: number, userId: number, body: SetMute): Promise<Answer> {
  const wanted = parseUntil(body.until);
  return write(ctx, 'mute.set', async (ctx) => {
    const on = await allowOnPerson(ctx, 'mute.set', roomId, userId);
    const { target } = on;
    if (target.role === undefined) throw new AppError('USER_NOT_FOUND');
    requireRemovable(ctx, on);
    requireFuture(wanted, ctx.now);
    const standing = (target.mutedUntil ?? 0) > ctx.now ? target.mutedUntil : null;
    const until = wanted === undefined ? (standing ?? FOREVER) : (wanted ?? FOREVER);
    const key = { container_id: roomId, user_id: userId };
    if (until !== standing) {
      await storeMute.run(ctx.db, { ...key, muted_until: until });
      await emit(ctx, {
        type: 'member_muted',
        containerId: roomId,
        userId,
        data: { until: endOf(until) },
        audit: { userId, details: { reason: ctx.request.auditReason ?? null } },
      });
    }
    return ok(muteOf({ ...key, username: target.username, muted_until: until }));
  });
}
