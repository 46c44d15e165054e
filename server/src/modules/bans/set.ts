import { allowOnPerson } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import { type Ctx, emit, write } from '../../context.ts';
import { requireRemovable } from '../members/guard.ts';
import { endAfter } from '../members/leave.ts';
import { banOf } from './present.ts';
import type { SetBan } from './schema.ts';
import { type BanWithUser, findBan, putBan } from './store.ts';
import { parseUntil, requireFuture } from './until.ts';

/**
 * Bans somebody from a room, whether he is in it or not; a membership ends with it. Of a ban that stands, what the body does not
 * name stays.
 */
export function setBan(ctx: Ctx, roomId: number, userId: number, body: SetBan): Promise<Answer> {
  const wanted = parseUntil(body.until);
  return write(ctx, 'ban.set', async (ctx) => {
    const on = await allowOnPerson(ctx, 'ban.set', roomId, userId);
    requireRemovable(ctx, on);
    requireFuture(wanted, ctx.now);
    const key = { container_id: roomId, user_id: userId };
    const standing = await findBan.first(ctx.db, { ...key, now: ctx.now });
    const until = wanted === undefined ? (standing?.until ?? null) : wanted;
    const reason = body.reason === undefined ? (standing?.reason ?? null) : body.reason;
    if (standing && standing.until === until && standing.reason === reason) return ok(banOf(standing));
    const since = standing?.created_at ?? ctx.now;
    await putBan.run(ctx.db, { ...key, moderator_id: ctx.actor.userId, reason, until, created_at: since });
    const [eventId] = await emit(ctx, {
      type: 'user_banned',
      containerId: roomId,
      userId,
      data: { until },
      audit: { userId, details: { reason } },
    });
    if (on.target.role !== undefined) await endAfter(ctx, roomId, userId, eventId as number);
    return ok(banOf((await findBan.first(ctx.db, { ...key, now: ctx.now })) as BanWithUser));
  });
}
