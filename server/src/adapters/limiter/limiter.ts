/**
 * How often something may happen: `limit` times in `windowMs` milliseconds on the long run, spread evenly, and at most
 * `burst` times at once after a rest. All three are at least 1.
 */
export interface Rate {
  limit: number;
  windowMs: number;
  burst: number;
}

/** What the limiter says to one request. */
export interface Verdict {
  allowed: boolean;
  /** The rate's `limit`, for the headers. */
  limit: number;
  /** Requests that would be allowed at once from now on: never more than the rate's `burst`. */
  remaining: number;
  /** Epoch milliseconds at which the whole burst is there again, if nothing comes before. */
  resetAtMs: number;
  /** Milliseconds until one request is allowed; 0 when this one was. */
  retryAfterMs: number;
}

/** Counts requests by key (class and subject, such as `send:42`). Each key is always taken with one and the same rate. */
export interface Limiter {
  /** Takes one request from what the key may do. Never rejects: a limiter that lost its store has to decide. */
  take(key: string, rate: Rate): Verdict | Promise<Verdict>;
}

/** Whose requests are counted together. Addresses are /64 prefixes for IPv6. */
export type RateSubject = 'user' | 'address' | 'key' | 'socket';

const MINUTE = 60_000;

function perMinute(limit: number, per: RateSubject, burst = limit): Rate & { per: RateSubject } {
  return { limit, windowMs: MINUTE, burst, per };
}

/**
 * The classes of requests and their default rates (docs: limits). Logins have rules of their own (modules/auth/attempts).
 */
export const RATE_CLASSES = {
  refresh: perMinute(30, 'address'),
  register: perMinute(10, 'address'),
  /** Sending a message, in a room or a conversation. */
  send: perMinute(60, 'user', 20),
  /** Reactions, edits, deletes. */
  change: perMinute(120, 'user'),
  /** Making rooms and conversations. */
  create: perMinute(20, 'user'),
  upload: perMinute(30, 'user'),
  search: perMinute(30, 'user'),
  /** Everything else of those who are signed in. */
  user: perMinute(600, 'user', 100),
  /** Everything of those who are not. */
  anonymous: perMinute(200, 'address'),
  /** Everything done with an API key, but for messages. */
  api_key: perMinute(6000, 'key'),
  api_key_send: perMinute(3000, 'key'),
  /** Frames that one socket sends. */
  frame: perMinute(120, 'socket', 40),
} as const satisfies Record<string, Rate & { per: RateSubject }>;

export type RateClass = keyof typeof RATE_CLASSES;
