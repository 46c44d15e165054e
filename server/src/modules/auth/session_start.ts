import { randomUUID } from 'node:crypto';
import type { Config } from '../../config.ts';
import { emit, lockStreams, type WriteCtx } from '../../context.ts';
import { actorOf } from '../users/create.ts';
import type { User } from '../users/store.ts';
import { hashToken, newRefreshToken } from './refresh_tokens.ts';
import { endThese } from './session_end.ts';
import { insertRefreshToken, insertSession, livingSessions } from './store.ts';

export interface Opened {
  readonly user: User;
  readonly sessionId: string;
  readonly refreshToken: string;
}

const DAY_MS = 86_400_000;

/** Begins a session of its own for this client; when there are too many, the oldest end. */
export async function startSession(ctx: WriteCtx, user: User): Promise<Opened> {
  await lockStreams(ctx, { users: [user.id] });
  const sessionId = randomUUID();
  const self = { ...ctx, actor: actorOf(user, sessionId) };
  await makeRoom(self, user.id);
  const expires_at = sessionEnd(ctx.deps.config, ctx.now, ctx.now);
  await insertSession.run(ctx.db, {
    id: sessionId,
    user_id: user.id,
    user_agent: ctx.request.userAgent,
    address: ctx.request.address,
    created_at: ctx.now,
    last_used_at: ctx.now,
    expires_at,
  });
  const refreshToken = newRefreshToken();
  await insertRefreshToken.run(ctx.db, {
    token_hash: hashToken(refreshToken),
    session_id: sessionId,
    created_at: ctx.now,
    expires_at,
  });
  const details = { session_id: sessionId };
  await emit(self, { type: 'session_started', userId: user.id, audit: { userId: user.id, details } });
  return { user, sessionId, refreshToken };
}

/** When a session ends by itself: unused for some days, or after some more whatever its use. */
export function sessionEnd(config: Config, startedAt: number, usedAt: number): number {
  return Math.min(usedAt + config.REFRESH_IDLE_DAYS * DAY_MS, startedAt + config.REFRESH_ABSOLUTE_DAYS * DAY_MS);
}

async function makeRoom(ctx: WriteCtx, userId: number): Promise<void> {
  const living = await livingSessions.all(ctx.db, { user_id: userId, now: ctx.now });
  const tooMany = Math.max(0, living.length + 1 - ctx.deps.config.MAX_SESSIONS_PER_USER);
  await endThese(ctx, userId, living.slice(0, tooMany), 'too_many');
}
