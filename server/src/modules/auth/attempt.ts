import { addressKey } from '../../address.ts';
import type { Ctx } from '../../context.ts';
import { rateLimited } from '../../errors.ts';
import type { AllowedAttempt } from './attempts.ts';

type Attempt = Omit<AllowedAttempt, 'allowed'>;
const nothing = () => {};
const unlimited: Attempt = { failed: nothing, succeeded: nothing, released: nothing };

/**
 * Begins an attempt to prove who one is, counted by the name that was given; 429 when there were too many. `userId` is whom that
 * names, if anybody. `released` belongs into a `finally`.
 */
export function beginAttempt(ctx: Ctx, account: string, userId: number | undefined): Attempt {
  if (ctx.deps.config.RATE_LIMITS === 'off') return unlimited;
  const attempt = ctx.deps.authority.attempts.check(account, userId, addressKey(ctx.request.address));
  if (!attempt.allowed) throw rateLimited(attempt);
  return attempt;
}

/** Who has just signed up is at home here: what others fail at elsewhere does not make him wait. */
export function rememberAddress(ctx: Ctx, userId: number): void {
  ctx.deps.authority.attempts.entered(userId, addressKey(ctx.request.address));
}
