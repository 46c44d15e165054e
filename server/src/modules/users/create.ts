import { randomUUID } from 'node:crypto';
import type { Actor, ServerRole } from '../../actor.ts';
import { emit, type WriteCtx } from '../../context.ts';
import { AppError, conflict } from '../../errors.ts';
import { cleanName } from '../../text.ts';
import { addToCounter } from '../statistics/tally_store.ts';
import { joinAutoRooms, lockForNewUser } from './auto_join.ts';
import { emailKey, nameKey } from './names.ts';
import { findHolders, findUser, insertUser, type User } from './store.ts';
import { storeWords } from './words.ts';

export interface NewUser {
  readonly username: string;
  readonly email: string;
  readonly displayName: string | null;
  /** Null for those who never sign in with a password. */
  readonly passwordHash: string | null;
  readonly role: ServerRole;
}

/**
 * Makes an account, which joins every `auto_join` room. A taken name is 409; what a name may be has been judged before.
 * Done by nobody, it is the new person's own doing.
 */
export async function createUser(ctx: WriteCtx, input: NewUser): Promise<User> {
  await lockForNewUser(ctx);
  const names = { username_key: nameKey(input.username), email_key: emailKey(input.email) };
  const inserted = await insertUser.first(ctx.db, {
    uuid: randomUUID(),
    username: input.username,
    username_key: names.username_key,
    email: names.email_key,
    display_name: input.displayName === null ? null : cleanName(input.displayName),
    role: input.role,
    password_hash: input.passwordHash,
    at: ctx.now,
  });
  if (!inserted) throw (await takenBy(ctx, names)) ?? new AppError('RESOURCE_CONFLICT');
  const user = (await findUser.first(ctx.db, inserted)) as User;
  await storeWords(ctx.db, user);
  const doer = ctx.actor.userId === 0 ? { ...ctx, actor: actorOf(user) } : ctx;
  await emit(doer, {
    type: 'user_created',
    userId: user.id,
    version: user.version,
    audit: { userId: user.id, details: { role: user.role } },
  });
  await joinAutoRooms(doer, user);
  await addToCounter.run(ctx.db, { name: 'users', delta: 1 });
  return user;
}

/** 409 naming the field when somebody else has one of these names. */
export async function takenBy(
  ctx: WriteCtx,
  names: { username_key: string; email_key: string },
  exceptId = 0,
): Promise<AppError | undefined> {
  const holders = (await findHolders.all(ctx.db, names)).filter(({ id }) => id !== exceptId);
  if (holders.length === 0) return undefined;
  const isName = holders.some(({ username_key }) => username_key === names.username_key);
  return conflict('taken', { field: isName ? 'username' : 'email' });
}

/** Someone as the one who acts. */
export function actorOf(user: Pick<User, 'id' | 'username' | 'role'>, sessionId = ''): Actor {
  return { userId: user.id, username: user.username, role: user.role, sessionId };
}
