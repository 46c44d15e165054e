import { allow } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { hiddenFrom } from './presence.ts';
import { presentUser, presentWithEmail } from './present.ts';
import { findUser } from './store.ts';

export function getMe(ctx: Ctx): Promise<Answer> {
  return getUser(ctx, ctx.actor.userId);
}

/** A profile; with the e-mail for its owner and for admins. */
export async function getUser(ctx: Ctx, userId: number): Promise<Answer> {
  allow(ctx, 'user.read');
  const user = await findUser.first(ctx.db, { id: userId });
  if (!user) throw new AppError('USER_NOT_FOUND');
  const mayHaveEmail = user.id === ctx.actor.userId || ctx.actor.role === 'admin';
  const hidden = await hiddenFrom(ctx, [user.id]);
  return ok(mayHaveEmail ? presentWithEmail(ctx, user, hidden) : presentUser(ctx, user, hidden));
}
