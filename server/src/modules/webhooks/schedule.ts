const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The waits after a failed attempt: at once, then after each of these; 75.6 hours in all. */
const WAITS_MS = [
  ...[5 * SECOND, 5 * MINUTE, 30 * MINUTE],
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR),
] as const;

/** Each wait is up to a fifth shorter or longer, so that what failed together does not come again together. */
const JITTER = 0.2;

/** The longest a receiver may put the next attempt off by `Retry-After`. */
const LONGEST_ASKED_MS = HOUR;

/**
 * When an attempt is made again of which `step` (1, 2, …) have failed in a row; null when there are no more. Never earlier than the
 * receiver has asked for. Epoch milliseconds.
 */
export function nextAttempt(step: number, now: number, askedMs: number | null, random = Math.random): number | null {
  const wait = WAITS_MS[step - 1];
  if (wait === undefined) return null;
  const jittered = wait * (1 + JITTER * (2 * random() - 1));
  return now + Math.round(Math.max(jittered, Math.min(askedMs ?? 0, LONGEST_ASKED_MS)));
}
