import { addressKey } from '../../address.ts';
import type { Ctx } from '../../context.ts';
import { rateLimited } from '../../errors.ts';
import type { AllowedAttempt } from './attempts.ts';

type Attempt = Omit<AllowedAttempt, 'allowed'>;
const nothing = () => {};
const unlimited: Attempt = { failed: nothing, succeeded: nothing, released: nothing };

/** Begins an attempt to prove who one is; 429 when there were too many. `released` belongs into a `finally`. */
export function beginAttempt(ctx: Ctx, account: number | string): Attempt {
  if (ctx.deps.config.RATE_LIMITS === 'off') return unlimited;
  // Names have no number sign, so that no name stands for another's id.
  const key = typeof account === 'number' ? `#${account}` : account;
  const attempt = ctx.deps.authority.attempts.check(key, addressKey(ctx.request.address));
  if (!attempt.allowed) throw rateLimited(attempt);
  return attempt;
}
