import { allow } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import { type Ctx, emit, lockStreams, write } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { beginAttempt } from './attempt.ts';
import { hashPassword, passwordFits } from './hashing.ts';
import { presentSession } from './present.ts';
import { endSessions } from './session_end.ts';
import { findCredentials, storePassword } from './store.ts';

/** Changes one's own password; every other session ends, and is what the answer lists. */
export async function changePassword(
  ctx: Ctx,
  body: { current_password: string; new_password: string },
): Promise<Answer> {
  allow(ctx, 'session.manage');
  const { userId, sessionId } = ctx.actor;
  const verified = await verifiedHash(ctx, body.current_password);
  const password_hash = await hashPassword(ctx, body.new_password);
  return write(ctx, 'auth.change_password', async (ctx) => {
    await lockStreams(ctx, { users: [userId] });
    const user = await findCredentials.first(ctx.db, { id: userId });
    // Somebody was quicker: what was verified is no longer the password.
    if (user?.password_hash !== verified) throw wrongPassword(ctx);
    await storePassword.run(ctx.db, { id: userId, password_hash });
    await emit(ctx, { type: 'password_changed', userId, audit: { userId } });
    const ended = await endSessions(ctx, userId, 'password_changed', ({ id }) => id !== sessionId);
    return ok({ ended_sessions: ended.map((session) => presentSession(ctx, session)) });
  });
}

async function verifiedHash(ctx: Ctx, password: string): Promise<string> {
  const { userId } = ctx.actor;
  // Names have no number sign, so that no name stands for another's id.
  const attempt = beginAttempt(ctx, `#${userId}`, userId);
  try {
    const user = await findCredentials.first(ctx.db, { id: userId });
    if (!(await passwordFits(ctx, user?.password_hash, password)) || !user?.password_hash) {
      attempt.failed();
      throw wrongPassword(ctx);
    }
    attempt.succeeded();
    return user.password_hash;
  } finally {
    attempt.released();
  }
}

function wrongPassword(ctx: Ctx): AppError {
  return new AppError('PERMISSION_DENIED', {
    reason: 'wrong_password',
    required: 'current_password',
    your_role: ctx.actor.role,
  });
}
