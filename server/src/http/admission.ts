import type { Config } from '../config.ts';

/** How many requests run and wait at most, and how long one waits (docs/configuration.md). */
export interface AdmissionLimits {
  running: number;
  waiting: number;
  waitMs: number;
}

/** As configuration sets them. */
export const admissionLimitsOf = (config: Config): AdmissionLimits => ({
  running: config.MAX_RUNNING_REQUESTS,
  waiting: config.MAX_WAITING_REQUESTS,
  waitMs: config.MAX_WAITING_MS,
});

/** Tells when the client has gone: a response or socket of `node:http`. */
export interface Client {
  once(event: 'close', listener: () => void): unknown;
  off(event: 'close', listener: () => void): unknown;
}

export interface Admission {
  /**
   * Asks to run. `true` at once when there is room and nobody waits; `false` at once when too many wait; otherwise a
   * promise, first come, first served: `false` when the time is up or `client` closes first. Whoever got
   * `true` calls `leave` exactly once when done.
   */
  enter(client?: Client): boolean | Promise<boolean>;
  leave(): void;
  readonly running: number;
  readonly waiting: number;
  /** Who got no place, and why: too many waited, the time was up, or the client had gone. */
  readonly refused: Readonly<Record<'full' | 'late' | 'gone', number>>;
}

/** Keeps the number of requests in flight within bounds, so that under overload some are served well and the rest is
 * told so soon (503), instead of all being served too late. */
export function createAdmission(limits: AdmissionLimits): Admission {
  const queue = new Set<(admitted: boolean) => void>(); // in order of arrival
  const refused = { full: 0, late: 0, gone: 0 };
  let running = 0;

  function wait(client?: Client): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (admitted: boolean) => {
        queue.delete(settle);
        clearTimeout(timer);
        client?.off('close', giveUp);
        resolve(admitted);
      };
      const refuse = (reason: 'late' | 'gone') => {
        refused[reason]++;
        settle(false);
      };
      const giveUp = () => refuse('gone');
      const timer = setTimeout(refuse, limits.waitMs, 'late');
      client?.once('close', giveUp);
      queue.add(settle);
    });
  }

  return {
    refused,
    get running() {
      return running;
    },
    get waiting() {
      return queue.size;
    },
    enter(client) {
      if (running < limits.running) {
        running++;
        return true;
      }
      if (queue.size < limits.waiting) return wait(client);
      refused.full++;
      return false;
    },
    leave() {
      if (running === 0) throw new Error('A request left that had not entered');
      const [next] = queue;
      // The place is handed over, so that nobody who comes now can take it first.
      if (next === undefined) running--;
      else next(true);
    },
  };
}
