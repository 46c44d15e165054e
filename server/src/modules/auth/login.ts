import { type Answer, ok } from '../../answer.ts';
import { type Ctx, lockStreams, write } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { emailKey, nameKey } from '../users/names.ts';
import { findUser, type User } from '../users/store.ts';
import { beginAttempt } from './attempt.ts';
import { passwordFits } from './hashing.ts';
import { presentOpened } from './present.ts';
import { type Opened, startSession } from './session_start.ts';
import { type Credentials, findByEmail, findByUsername, findCredentials } from './store.ts';

/** Opens a session with user name or e-mail, and password. Whatever is wrong is one 401, after the same time. */
export async function login(ctx: Ctx, { username, password }: { username: string; password: string }): Promise<Answer> {
  const found = await findAccount(ctx, username);
  // Counted by what was typed, known or not: a count by account would tell which e-mail belongs to which name.
  const named = username.includes('@') ? emailKey(username) : nameKey(username.trim());
  const attempt = beginAttempt(ctx, named, found?.id);
  try {
    const fits = await passwordFits(ctx, found?.password_hash, password);
    const opened = found && fits && found.is_suspended === 0 ? await open(ctx, found) : undefined;
    if (!opened) {
      attempt.failed();
      throw new AppError('INVALID_CREDENTIALS');
    }
    attempt.succeeded();
    ctx.deps.authority.activity.seen(opened.user.id, ctx.now);
    return ok(await presentOpened(ctx, opened));
  } finally {
    attempt.released();
  }
}

function findAccount(ctx: Ctx, name: string): Promise<Credentials | undefined> {
  if (name.includes('@')) return findByEmail.first(ctx.db, { key: emailKey(name) });
  return findByUsername.first(ctx.db, { key: nameKey(name) });
}

/** Nothing when the account was suspended or its password changed while that was being verified. */
function open(ctx: Ctx, verified: Credentials): Promise<Opened | undefined> {
  return write(ctx, 'auth.login', async (ctx) => {
    await lockStreams(ctx, { users: [verified.id] });
    const now = await findCredentials.first(ctx.db, { id: verified.id });
    if (!now || now.is_suspended === 1 || now.password_hash !== verified.password_hash) return undefined;
    return startSession(ctx, (await findUser.first(ctx.db, { id: now.id })) as User);
  });
}
