import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis, Result } from 'ioredis';
import type { Limiter, Rate, Verdict } from '../limiter/limiter.ts';

interface Options {
  readonly commands: Redis;
  readonly prefix: string;
  /** Decides while Redis does not answer. */
  readonly local: Limiter;
}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    takeOne(key: string, intervalMs: number, capacityMs: number): Result<[number, string, string], Context>;
  }
}

/**
 * GCRA as in memory (`../limiter/memory.ts`), with one number a key, by the one clock that all processes share: Redis's own. A key is
 * gone when its whole burst is there again. Numbers are said as texts, or Redis would cut off what is behind the point.
 */
const TAKE_ONE = `
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local interval, capacity = tonumber(ARGV[1]), tonumber(ARGV[2])
local kept = tonumber(redis.call('GET', KEYS[1]) or '0') or 0
-- Further ahead than an empty bucket, or no number at all: the rate has changed, or somebody else has written it.
if kept ~= kept or kept > now + capacity then
  kept = now + capacity
  redis.call('SET', KEYS[1], string.format('%.3f', kept), 'PX', math.max(1, math.ceil(capacity)))
end
local before = math.max(kept, now)
local excess = before + interval - now - capacity
if excess > 0.01 then
  return {0, string.format('%.3f', before), string.format('%.3f', excess)}
end
local after = before + interval
redis.call('SET', KEYS[1], string.format('%.3f', after), 'PX', math.max(1, math.ceil(after - now)))
return {1, string.format('%.3f', after), string.format('%.3f', excess)}
`;

/** As in the script. */
const ROUNDING_MS = 0.01;
const ASK_AGAIN_MS = 1_000;

/** Counts over all processes; each counts by itself while Redis does not answer. */
export function createRedisLimiter({ commands, prefix, local }: Options): Limiter {
  commands.defineCommand('takeOne', { numberOfKeys: 1, lua: TAKE_ONE });
  let isSilent = false;
  return {
    take: (key, rate) => {
      if (commands.status !== 'ready' || isSilent) return local.take(key, rate);
      return takeOne(key, rate).catch(() => {
        // Whoever comes next does not wait for it, too.
        if (!isSilent) void untilItAnswers();
        return local.take(key, rate);
      });
    },
  };

  async function untilItAnswers(): Promise<void> {
    isSilent = true;
    while (isSilent) {
      await sleep(ASK_AGAIN_MS, undefined, { ref: false });
      await commands.ping().then(
        () => {
          isSilent = false;
        },
        () => undefined,
      );
      if (commands.status === 'end') return;
    }
  }

  async function takeOne(key: string, rate: Rate): Promise<Verdict> {
    const interval = rate.windowMs / rate.limit;
    const said = await commands.takeOne(`${prefix}limit:${key}`, interval, rate.burst * interval);
    const allowed = said[0] === 1;
    const [resetAt, excess] = [Number(said[1]), Number(said[2])];
    return {
      allowed,
      limit: rate.limit,
      remaining: allowed ? Math.max(0, Math.floor((ROUNDING_MS - excess) / interval)) : 0,
      resetAtMs: Math.ceil(resetAt),
      retryAfterMs: allowed ? 0 : Math.ceil(excess),
    };
  }
}
