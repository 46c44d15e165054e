import { emit, lockStreams, type WriteCtx } from '../../context.ts';
import { type LivingSession, livingSessions, markEnded } from './store.ts';

export type EndReason = 'logout' | 'revoked' | 'too_many' | 'token_reused' | 'password_changed' | 'suspended';

/** Ends those of a person's living sessions that are wanted; resolves with them as they were. */
export async function endSessions(
  ctx: WriteCtx,
  userId: number,
  reason: EndReason,
  wanted: (session: LivingSession) => boolean = () => true,
): Promise<LivingSession[]> {
  await lockStreams(ctx, { users: [userId] });
  const living = await livingSessions.all(ctx.db, { user_id: userId, now: ctx.now });
  const ending = living.filter(wanted);
  await endThese(ctx, userId, ending, reason);
  return ending;
}

/** The same for sessions already chosen under the lock of the person's stream. */
export async function endThese(
  ctx: WriteCtx,
  userId: number,
  sessions: readonly LivingSession[],
  reason: EndReason,
): Promise<void> {
  if (sessions.length === 0) return;
  const ids = sessions.map(({ id }) => id);
  await markEnded.run(
    ctx.db,
    ids.map((id) => ({ id, at: ctx.now })),
  );
  await emit(ctx, { type: 'session_ended', userId, data: { session_ids: ids, reason }, audit: { userId } });
}
