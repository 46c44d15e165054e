/** How many failures a key may have, and what follows. */
export interface FailureRule {
  /** So many failures within the window, attempts under way counted as such. */
  limit: number;
  windowMs: number;
  /** The wait after the last allowed failure; it doubles with each further one. 0: only until the oldest leaves the window. */
  firstWaitMs: number;
  maxWaitMs: number;
  /** So long after the end of a wait the doubling starts anew. */
  quietMs: number;
}

/** Failures by key. Whoever calls `reserve` calls exactly one of `fail`, `clear` and `release` afterwards. */
export interface Failures {
  /** Milliseconds to wait before the next attempt; 0: it may be made now. */
  waitMs(key: string): number;
  reserve(key: string): void;
  fail(key: string): void;
  /** Ends a reservation and forgets the failures. */
  clear(key: string): void;
  /** Ends a reservation of which nothing is known. */
  release(key: string): void;
  readonly size: number;
}

interface Entry {
  failedAt: number[];
  waits: number;
  blockedUntil: number;
  underWay: number;
  reservedAt: number;
}

/** Keys kept; the one used longest ago makes room. Their attempts each cost a password hash, so no flood gets far. */
const MAX_KEYS = 50_000;
// No attempt takes longer (a request has 30 s). A reservation that nobody ended must not count for ever.
const RESERVATION_MS = 60_000;
// What to answer when only attempts still under way are in the way: a hash takes some tens of milliseconds.
const UNDER_WAY_WAIT_MS = 1_000;

/** `now` gives milliseconds on any scale; when it jumps back, nobody waits longer than the rule's longest wait. */
export function createFailures(now: () => number, rule: FailureRule, maxKeys: number = MAX_KEYS): Failures {
  const entries = new Map<string, Entry>(); // the most recently used last

  function current(key: string): Entry | undefined {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    refresh(entry, rule, now());
    if (!isSpent(entry)) return entry;
    entries.delete(key);
    return undefined;
  }

  function use(key: string): Entry {
    const entry = current(key) ?? { failedAt: [], waits: 0, blockedUntil: 0, underWay: 0, reservedAt: 0 };
    entries.delete(key);
    entries.set(key, entry);
    dropOldestBut(key);
    return entry;
  }

  function dropOldestBut(key: string): void {
    const [oldest] = entries.keys();
    if (oldest === undefined || oldest === key) return;
    if (entries.size > maxKeys) entries.delete(oldest);
    else current(oldest);
  }

  function end(key: string): Entry {
    const entry = use(key);
    entry.underWay = Math.max(0, entry.underWay - 1);
    return entry;
  }

  return {
    get size() {
      return entries.size;
    },
    waitMs(key) {
      const entry = current(key);
      return entry === undefined ? 0 : waitOf(entry, rule, now());
    },
    reserve(key) {
      const entry = use(key);
      entry.underWay++;
      entry.reservedAt = now();
    },
    fail(key) {
      addFailure(end(key), rule, now());
    },
    clear(key) {
      const entry = end(key);
      entry.failedAt = [];
      entry.waits = 0;
      entry.blockedUntil = 0;
      current(key);
    },
    release(key) {
      end(key);
      current(key);
    },
  };
}

/** Drops what is over, and what lies further ahead than it can, because the clock was set back. */
function refresh(entry: Entry, rule: FailureRule, time: number): void {
  entry.failedAt = entry.failedAt.filter((at) => at <= time && at > time - rule.windowMs);
  entry.blockedUntil = Math.min(entry.blockedUntil, time + rule.maxWaitMs);
  if (entry.waits > 0 && time >= entry.blockedUntil + rule.quietMs) entry.waits = 0;
  if (Math.abs(time - entry.reservedAt) >= RESERVATION_MS) entry.underWay = 0;
}

function isSpent(entry: Entry): boolean {
  return entry.failedAt.length === 0 && entry.waits === 0 && entry.underWay === 0;
}

function waitOf(entry: Entry, rule: FailureRule, time: number): number {
  if (entry.blockedUntil > time) return entry.blockedUntil - time;
  // After a wait one may try once, and what comes of it decides.
  if (entry.waits > 0) return entry.underWay === 0 ? 0 : UNDER_WAY_WAIT_MS;
  if (entry.failedAt.length >= rule.limit) return (entry.failedAt[0] as number) + rule.windowMs - time;
  return entry.failedAt.length + entry.underWay < rule.limit ? 0 : UNDER_WAY_WAIT_MS;
}

function addFailure(entry: Entry, rule: FailureRule, time: number): void {
  entry.failedAt.push(time);
  if (rule.firstWaitMs === 0) return;
  if (entry.waits === 0 && entry.failedAt.length < rule.limit) return;
  entry.blockedUntil = time + Math.min(rule.firstWaitMs * 2 ** entry.waits, rule.maxWaitMs);
  entry.waits++;
}
