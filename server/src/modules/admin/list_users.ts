import { allow } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import { presentWithEmail } from '../users/present.ts';
import { soughtBy } from '../users/search.ts';
import { searchUsers } from '../users/search_store.ts';
import type { User } from '../users/store.ts';
import type { AdminUsersOptions } from './schema.ts';

/** Every account, by id; or those whose names or e-mail begin so, best first. */
export async function listUsers(ctx: Ctx, { limit, offset, search }: AdminUsersOptions): Promise<Answer> {
  allow(ctx, 'admin.users');
  const sought = search === undefined ? undefined : soughtBy(ctx, search);
  const { users, total } = await searchUsers(ctx.db, { sought, limit, offset });
  return ok({
    users: users.map((user) => presentAccount(ctx, user)),
    total,
    has_more: offset + users.length < total,
  });
}

/** A profile with what only admins see. */
export function presentAccount(ctx: Ctx, user: User) {
  return { ...presentWithEmail(ctx, user), suspended: user.is_suspended === 1 };
}
