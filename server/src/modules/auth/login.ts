import { type Answer, ok } from '../../answer.ts';
import { type Ctx, lockStreams, write } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { hasForbiddenText } from '../../text.ts';
import { emailKey, nameKey } from '../users/names.ts';
import { beginAttempt } from './attempt.ts';
import { passwordFits } from './hashing.ts';
import { presentOpened } from './present.ts';
import { type Opened, startSession } from './session_start.ts';
import { type Credentials, findByEmail, findByUsername, findCredentials } from './store.ts';

/** Opens a session with user name or e-mail, and password. Whatever is wrong is one 401, after the same time. */
export async function login(ctx: Ctx, { username, password }: { username: string; password: string }): Promise<Answer> {
  const found = await findAccount(ctx, username);
  const attempt = beginAttempt(ctx, found?.id ?? nameKey(username));
  try {
    const fits = await passwordFits(ctx, found?.password_hash, password);
    const opened = found && fits ? await open(ctx, found) : undefined;
    if (!opened) {
      attempt.failed();
      throw new AppError('INVALID_CREDENTIALS');
    }
    attempt.succeeded();
    ctx.deps.activity.seen(opened.user.id, ctx.now);
    return ok(await presentOpened(ctx, opened));
  } finally {
    attempt.released();
  }
}

function findAccount(ctx: Ctx, name: string): Promise<Credentials | undefined> {
  // PostgreSQL takes no U+0000; no account has such a name.
  if (hasForbiddenText(name)) return Promise.resolve(undefined);
  if (name.includes('@')) return findByEmail.first(ctx.db, { key: emailKey(name) });
  return findByUsername.first(ctx.db, { key: nameKey(name) });
}

/** Nothing for a suspended account, and when the password was changed while it was being verified. */
function open(ctx: Ctx, verified: Credentials): Promise<Opened | undefined> {
  return write(ctx, 'auth.login', async (ctx) => {
    await lockStreams(ctx, { users: [verified.id] });
    const user = await findCredentials.first(ctx.db, { id: verified.id });
    if (!user || user.is_suspended === 1 || user.password_hash !== verified.password_hash) return undefined;
    return startSession(ctx, user);
  });
}
