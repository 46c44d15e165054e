import { type Ctx, emit, lockStreams, write } from '../../context.ts';
import { AppError, refuseFields } from '../../errors.ts';
import { emailKey, nameKey } from '../users/names.ts';
import { hashPassword } from './hashing.ts';
import { passwordFault } from './passwords.ts';
import { endSessions } from './session_end.ts';
import { findByEmail, findByUsername, storePassword } from './store.ts';

export interface Reset {
  readonly isSuspended: boolean;
  /** Sessions that ended. */
  readonly ended: number;
}

/**
 * Gives somebody, named by user name or e-mail, another password, for who holds the database: all sessions end, and the audit log
 * says so. Raises 404 USER_NOT_FOUND and 400 for the password.
 */
export async function resetPassword(ctx: Ctx, login: string, password: string): Promise<Reset> {
  refuseFields({ password: passwordFault(password) });
  const found =
    (await findByUsername.first(ctx.db, { key: nameKey(login) })) ??
    (await findByEmail.first(ctx.db, { key: emailKey(login) }));
  if (!found) throw new AppError('USER_NOT_FOUND');
  const password_hash = await hashPassword(ctx, password);
  const userId = found.id;
  return write(ctx, 'auth.reset_password', async (inner) => {
    await lockStreams(inner, { users: [userId] });
    await storePassword.run(inner.db, { id: userId, password_hash });
    await emit(inner, { type: 'password_changed', userId, audit: { userId, details: { reset: true } } });
    const ended = await endSessions(inner, userId, 'password_changed');
    return { isSuspended: found.is_suspended === 1, ended: ended.length };
  });
}
