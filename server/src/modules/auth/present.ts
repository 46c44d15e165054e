import type { Ctx } from '../../context.ts';
import { timestamp } from '../../timestamp.ts';
import { presentWithEmail } from '../users/present.ts';
import type { Opened } from './session_start.ts';
import type { LivingSession } from './store.ts';

/** What login, refresh and registration answer; signs the access token, so not inside `write`. */
export async function presentOpened(ctx: Ctx, { user, sessionId, refreshToken }: Opened) {
  const { id, username, role } = user;
  return {
    access_token: await ctx.deps.authority.tokens.sign({ sub: id, username, role, sid: sessionId }),
    refresh_token: refreshToken,
    expires_in: ctx.deps.config.ACCESS_TOKEN_SECONDS,
    user: presentWithEmail(ctx, user),
  };
}

export function presentSession(ctx: Ctx, { id, user_agent, created_at, last_used_at }: LivingSession) {
  return {
    id,
    user_agent,
    created_at: timestamp(created_at),
    last_used_at: timestamp(last_used_at),
    current: id === ctx.actor.sessionId,
  };
}
