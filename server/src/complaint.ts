import type { Logger } from 'pino';

const EVERY_MS = 60_000;

/** Says what fails again and again, as while something is away: at once, and then once a minute. */
export function createComplaint(log: Logger, level: 'warn' | 'error', text: string): (error: unknown) => void {
  let saidAt = Number.NEGATIVE_INFINITY;
  return (error) => {
    if (performance.now() - saidAt < EVERY_MS) return;
    saidAt = performance.now();
    log[level]({ err: error }, text);
  };
}
