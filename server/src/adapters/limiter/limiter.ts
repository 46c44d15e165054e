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
