import { allow, requireStanding } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import { type Ctx, emit, type WriteCtx, write } from '../../context.ts';
import { AppError, conflict } from '../../errors.ts';
import { endSessions } from '../auth/session_end.ts';
import { lockForPassingOn, passRoomsOn } from '../rooms/pass_on.ts';
import { findUser, type User } from '../users/store.ts';
import { disableBeyond } from '../webhooks/disable.ts';
import { presentAccount } from './list_users.ts';
import type { StandingChange } from './schema.ts';
import { findOtherAdmin, updateStanding } from './store.ts';

type Standing = Pick<User, 'role' | 'is_suspended'>;

/** Gives a server role, suspends or restores. Acts at the person's next request; a suspension ends all sessions, and passes on the person's rooms. */
export function changeStanding(ctx: Ctx, userId: number, change: StandingChange): Promise<Answer> {
  return write(ctx, 'admin.change_standing', async (ctx) => {
    await lockForPassingOn(ctx, userId);
    await requireStanding(ctx);
    allow(ctx, 'admin.users');
    const user = await findUser.first(ctx.db, { id: userId });
    if (!user) throw new AppError('USER_NOT_FOUND');
    const next = merged(user, change);
    if (next.role !== user.role || next.is_suspended !== user.is_suspended) await store(ctx, user, next);
    return ok(presentAccount(ctx, (await findUser.first(ctx.db, { id: userId })) as User));
  });
}

function merged(user: User, { role, suspended }: StandingChange): Standing {
  return {
    role: role ?? user.role,
    is_suspended: suspended === undefined ? user.is_suspended : suspended ? 1 : 0,
  };
}

function isActingAdmin({ role, is_suspended }: Standing): boolean {
  return role === 'admin' && is_suspended === 0;
}

async function store(ctx: WriteCtx, user: User, next: Standing): Promise<void> {
  // Somebody must be left to undo mistakes; the server's lock keeps two admins from removing each other.
  const losesAdmin = isActingAdmin(user) && !isActingAdmin(next);
  if (losesAdmin && !(await findOtherAdmin.first(ctx.db, { id: user.id }))) throw conflict('last_admin');
  await updateStanding.run(ctx.db, { id: user.id, ...next, now: ctx.now });
  const subject = { userId: user.id, version: user.version + 1, audit: { userId: user.id } };
  if (next.role !== user.role) {
    await emit(ctx, { ...subject, type: 'user_role_changed', data: { role: next.role, former_role: user.role } });
  }
  await disableBeyond(ctx, user.id, next);
  if (next.role === 'guest') await passRoomsOn(ctx, user.id, 'keep');
  if (next.is_suspended === user.is_suspended) return;
  await emit(ctx, { ...subject, type: next.is_suspended === 1 ? 'user_suspended' : 'user_restored' });
  if (next.is_suspended === 0) return;
  await endSessions(ctx, user.id, 'suspended');
  await passRoomsOn(ctx, user.id, 'end');
}
