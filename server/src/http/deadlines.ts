/** Whoever waits for an answer that is late. */
export interface Pending {
  /** Monotonic milliseconds at which the handler started. */
  readonly since: number;
  expire(): void;
}

export interface Deadlines {
  add(pending: Pending): void;
  remove(pending: Pending): void;
  stop(): void;
}

/**
 * Tells those who are late, within a quarter of the time allowed. One timer for all: they expire in the order in which they came,
 * and a timer for each would cost every request what only few need.
 */
export function createDeadlines(allowedMs: number): Deadlines {
  const pending = new Set<Pending>();
  const timer = setInterval(sweep, Math.min(250, allowedMs / 4));
  timer.unref();

  function sweep(): void {
    const latest = performance.now() - allowedMs;
    for (const one of pending) {
      if (one.since > latest) return;
      pending.delete(one);
      one.expire();
    }
  }

  return {
    add: (one) => void pending.add(one),
    remove: (one) => void pending.delete(one),
    stop: () => clearInterval(timer),
  };
}
