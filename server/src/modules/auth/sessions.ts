import { allow } from '../../access.ts';
import { type Answer, noContent, ok } from '../../answer.ts';
import { type Ctx, write } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { presentSession } from './present.ts';
import { endSessions } from './session_end.ts';
import { livingSessions } from './store.ts';

/** My living sessions, the one used last first. */
export async function listSessions(ctx: Ctx, { limit, offset }: { limit: number; offset: number }) {
  allow(ctx, 'session.manage');
  const living = await livingSessions.all(ctx.db, { user_id: ctx.actor.userId, now: ctx.now });
  living.sort((a, b) => b.last_used_at - a.last_used_at);
  const page = living.slice(offset, offset + limit);
  return ok({
    sessions: page.map((session) => presentSession(ctx, session)),
    total: living.length,
    has_more: offset + page.length < living.length,
  });
}

/** Ends one of my sessions; those of others are not there. */
export function endSession(ctx: Ctx, sessionId: string): Promise<Answer> {
  return write(ctx, 'auth.end_session', async (ctx) => {
    allow(ctx, 'session.manage');
    const [ended] = await endSessions(ctx, ctx.actor.userId, 'revoked', ({ id }) => id === sessionId);
    if (!ended) throw new AppError('NOT_FOUND');
    return ctx.request.representation ? ok(presentSession(ctx, ended)) : noContent;
  });
}

/** Ends the present session, or all of them. */
export function logout(ctx: Ctx, { all }: { all: boolean }): Promise<Answer> {
  return write(ctx, 'auth.logout', async (ctx) => {
    allow(ctx, 'session.manage');
    const { userId, sessionId } = ctx.actor;
    const ended = await endSessions(ctx, userId, 'logout', ({ id }) => all || id === sessionId);
    if (!ctx.request.representation) return noContent;
    return ok({ sessions: ended.map((session) => presentSession(ctx, session)) });
  });
}
