import type { Verdict } from '../adapters/limiter/limiter.ts';
import { addressKey } from '../address.ts';
import type { Deps } from '../context.ts';
import { rateLimited } from '../errors.ts';
import type { ClassName, LimitClass } from '../http/limit_class.ts';
import { classesOf } from '../http/limits.ts';
import type { Shared } from './shared.ts';

/** The limits of REST, and its counters: what is done over a socket counts as the same. */
export function socketLimits({
  config,
  limiter,
}: Pick<Deps, 'config' | 'limiter'>): Pick<Shared, 'countFrame' | 'countCommand' | 'countStranger'> {
  const classes = classesOf(config);
  const isOn = config.RATE_LIMITS === 'on';
  const take = (limit: LimitClass, subject: string | number) => limiter.take(`${limit.name}:${subject}`, limit.rate);

  async function count(name: ClassName, subject: string | number): Promise<void> {
    if (isOn) judge(classes[name], await take(classes[name], subject));
  }

  return {
    countFrame: (userId) => {
      if (!isOn) return;
      const verdict = take(classes.frames, userId);
      // A limiter that is elsewhere is not waited for at every frame.
      if (!(verdict instanceof Promise)) judge(classes.frames, verdict);
    },
    countCommand: async (limit, userId) => {
      if (limit !== 'none') await count(limit, userId);
    },
    countStranger: (address) => count('anonymous', addressKey(address)),
  };
}

function judge({ name, rate }: LimitClass, verdict: Verdict): void {
  if (verdict.allowed) return;
  throw rateLimited({
    scope: name,
    limit: verdict.limit,
    windowMs: rate.windowMs,
    retryAfterMs: verdict.retryAfterMs,
  });
}
