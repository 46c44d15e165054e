import type { Limiter, Rate, Verdict } from './limiter.ts';

/** Keys kept at most; at about 100 bytes each that is 20 MB. */
const MAX_KEYS = 200_000;

// Slots looked at to find the one to give up when all are taken.
const PROBES = 8;
// Epoch milliseconds are kept to a quarter of a microsecond; sums of them need some room, or the last of a burst fails.
const ROUNDING_MS = 0.01;

/** A limiter that answers at once. */
export interface MemoryLimiter extends Limiter {
  take(key: string, rate: Rate): Verdict;
  /** Keys kept at present. */
  readonly size: number;
}

/**
 * GCRA in the memory of one process. Per key one number is kept, the time at which its whole burst is there again;
 * when that has passed, the key is as if never seen and is forgotten. Each request looks at one other key, so the
 * forgetting costs nothing noticeable and needs no timer. When hostile traffic brings more than `maxKeys` at a time,
 * the one of a few keys that is nearest to being forgotten makes room: a limit may be forgiven early, memory
 * never grows.
 *
 * `now` gives epoch milliseconds. It may jump: back, and nobody waits longer than an empty bucket takes to fill.
 */
export function createMemoryLimiter(now: () => number, maxKeys: number = MAX_KEYS): MemoryLimiter {
  // Key and time lie in arrays without gaps; the map has the index. So a request of a known key allocates its verdict only.
  const slots = new Map<string, number>();
  const keys: string[] = [];
  const fullAt: number[] = [];
  let hand = 0;

  function forget(slot: number): void {
    slots.delete(keys[slot] as string);
    const lastKey = keys.pop() as string;
    const lastTime = fullAt.pop() as number;
    if (slot === keys.length) return;
    keys[slot] = lastKey;
    fullAt[slot] = lastTime;
    slots.set(lastKey, slot);
  }

  function forgetOneIfDue(time: number): void {
    if (hand >= keys.length) hand = 0;
    if (keys.length === 0) return;
    // Forgetting moves the last key to this place, so the hand stays to look at that one next.
    if ((fullAt[hand] as number) <= time) forget(hand);
    else hand++;
  }

  function makeRoom(): void {
    if (hand >= keys.length) hand = 0;
    let least = hand;
    for (let i = 0; i < PROBES; i++) {
      hand = hand + 1 < keys.length ? hand + 1 : 0;
      if ((fullAt[hand] as number) < (fullAt[least] as number)) least = hand;
    }
    forget(least);
  }

  function remember(key: string, time: number): void {
    const slot = slots.get(key);
    if (slot !== undefined) {
      fullAt[slot] = time;
      return;
    }
    if (keys.length >= maxKeys) makeRoom();
    slots.set(key, keys.length);
    keys.push(key);
    fullAt.push(time);
  }

  return {
    get size() {
      return keys.length;
    },
    take(key, rate) {
      const time = now();
      forgetOneIfDue(time);
      const slot = slots.get(key);
      const interval = rate.windowMs / rate.limit;
      const capacity = rate.burst * interval;
      // Never further ahead than an empty bucket: the clock was set back, or the rate has changed.
      const kept = slot === undefined ? time : Math.max(fullAt[slot] as number, time);
      const before = Math.min(kept, time + capacity);
      const after = before + interval;
      const excess = after - time - capacity;
      const allowed = excess <= ROUNDING_MS;
      const resetAt = allowed ? after : before;
      if (resetAt !== kept) remember(key, resetAt);
      return {
        allowed,
        limit: rate.limit,
        remaining: allowed ? Math.floor((ROUNDING_MS - excess) / interval) : 0,
        resetAtMs: Math.ceil(resetAt - ROUNDING_MS),
        retryAfterMs: allowed ? 0 : Math.ceil(excess - ROUNDING_MS),
      };
    },
  };
}
