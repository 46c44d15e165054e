import { type Answer, created } from '../../answer.ts';
import { type Ctx, write } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { createUser } from '../users/create.ts';
import { rememberAddress } from './attempt.ts';
import { hashPassword } from './hashing.ts';
import { presentOpened } from './present.ts';
import { startSession } from './session_start.ts';

export interface Registration {
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly display_name?: string | null;
}

/** Makes an account and its first session, where people may sign up by themselves. */
export async function register(ctx: Ctx, { password, ...profile }: Registration): Promise<Answer> {
  if (ctx.deps.config.REGISTRATION === 'closed') {
    throw new AppError('PERMISSION_DENIED', {
      reason: 'registration_closed',
      required: 'admin',
      your_role: 'none',
    });
  }
  const passwordHash = await hashPassword(ctx, password);
  const opened = await write(ctx, 'auth.register', async (ctx) => {
    const { username, email, display_name: displayName = null } = profile;
    const user = await createUser(ctx, { username, email, displayName, passwordHash, role: 'user' });
    // Only now there is a stream of this person to lock; nobody else can have written to it.
    return startSession(ctx, user);
  });
  rememberAddress(ctx, opened.user.id);
  return created(await presentOpened(ctx, opened));
}
