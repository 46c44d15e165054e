import type { Verdict } from '../adapters/limiter/limiter.ts';
import { createMemoryLimiter } from '../adapters/limiter/memory.ts';
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
  now,
}: Pick<Deps, 'config' | 'limiter' | 'now'>): Pick<Shared, 'countFrame' | 'countCommand' | 'countStranger'> {
  const classes = classesOf(config);
  // Counted where the socket is: nobody waits at every frame for what the other processes have counted.
  const frames = createMemoryLimiter(now);
  const isOn = config.RATE_LIMITS === 'on';
  const take = (limit: LimitClass, subject: string | number) => limiter.take(`${limit.name}:${subject}`, limit.rate);

  async function count(name: ClassName, subject: string | number): Promise<void> {
    if (isOn) judge(classes[name], await take(classes[name], subject));
  }

  return {
    countFrame: (userId) => {
      if (!isOn) return;
      judge(classes.frames, frames.take(`${userId}`, classes.frames.rate));
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
