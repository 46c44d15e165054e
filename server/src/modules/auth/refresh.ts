import { type Answer, ok } from '../../answer.ts';
import { type Ctx, lockStreams, type WriteCtx, write } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { findUser } from '../users/store.ts';
import { presentOpened } from './present.ts';
import { hashToken, refreshSuccessor } from './refresh_tokens.ts';
import { endSessions } from './session_end.ts';
import { type Opened, sessionEnd } from './session_start.ts';
import {
  findRefreshToken,
  insertRefreshToken,
  isSpent,
  type RefreshToken,
  spendRefreshToken,
  touchSession,
} from './store.ts';

/**
 * A new pair for a refresh token, which is spent by it. Its immediate successor is derived from it, so a second tab that comes
 * within the grace period gets the same one; any later use means that the token was stolen, and ends the session.
 */
export async function refresh(ctx: Ctx, token: string): Promise<Answer> {
  const tokenHash = hashToken(token);
  const known = await findRefreshToken.first(ctx.db, { token_hash: tokenHash });
  const opened = known && (await exchange(ctx, { token, tokenHash, userId: known.user_id }));
  if (!opened) throw new AppError('INVALID_TOKEN');
  return ok(await presentOpened(ctx, opened));
}

/** Nothing when the token is not good; that its reuse has ended the session is kept all the same. */
function exchange(
  ctx: Ctx,
  { token, tokenHash, userId }: { token: string; tokenHash: string; userId: number },
): Promise<Opened | undefined> {
  return write(ctx, 'auth.refresh', async (ctx) => {
    await lockStreams(ctx, { users: [userId] });
    const found = await findRefreshToken.first(ctx.db, { token_hash: tokenHash });
    const user = await findUser.first(ctx.db, { id: userId });
    if (!found || !user || user.is_suspended === 1 || !isLiving(found, ctx.now)) return undefined;
    const successor = refreshSuccessor(ctx.deps.authority.secretKey, token);
    const opened = { user, sessionId: found.session_id, refreshToken: successor };
    if (found.spent_at === null) {
      await rotate(ctx, found, tokenHash, hashToken(successor));
      return opened;
    }
    if (await isRepeated(ctx, found.spent_at, hashToken(successor))) return opened;
    await endSessions(ctx, userId, 'token_reused', ({ id }) => id === found.session_id);
    return undefined;
  });
}

function isLiving(found: RefreshToken, now: number): boolean {
  if (found.ended_at !== null || found.session_expires_at <= now) return false;
  // A spent token is judged as long as its session lives, or its thief would only have to wait.
  return found.spent_at !== null || found.expires_at > now;
}

async function rotate(ctx: WriteCtx, found: RefreshToken, spentHash: string, newHash: string): Promise<void> {
  const { session_id } = found;
  const expires_at = sessionEnd(ctx.deps.config, found.session_created_at, ctx.now);
  await spendRefreshToken.run(ctx.db, { token_hash: spentHash, spent_at: ctx.now });
  await insertRefreshToken.run(ctx.db, { token_hash: newHash, session_id, created_at: ctx.now, expires_at });
  await touchSession.run(ctx.db, { id: session_id, now: ctx.now, expires_at });
}

/** Another tab with the same token, shortly after, before anyone has used what the first one got. */
async function isRepeated(ctx: WriteCtx, spentAt: number, successorHash: string): Promise<boolean> {
  if (ctx.now - spentAt > ctx.deps.config.REFRESH_GRACE_SECONDS * 1_000) return false;
  return (await isSpent.first(ctx.db, { token_hash: successorHash })) === undefined;
}
