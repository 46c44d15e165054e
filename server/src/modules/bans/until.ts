import { unprocessable } from '../../errors.ts';
import { isDateTime } from '../../timestamp.ts';

/** 9999-12-31T23:59:59.999Z: stands for an end that never comes where a column needs one. */
export const FOREVER = 253_402_300_799_999;

export function untilFault(until: string): 'not_a_timestamp' | undefined {
  // A leap second is a time, but not one the engine knows.
  return isDateTime(until) && millisecondsOf(until) <= FOREVER ? undefined : 'not_a_timestamp';
}

/** Epoch milliseconds of an RFC 3339 time. */
export function parseUntil(until: string | null | undefined): number | null | undefined {
  return until === null || until === undefined ? until : millisecondsOf(until);
}

const millisecondsOf = (time: string) => Date.parse(time.toUpperCase());

/** Raises 422 for an end that has passed. */
export function requireFuture(until: number | null | undefined, now: number): void {
  if (typeof until === 'number' && until <= now) throw unprocessable('in_the_past', { field: 'until' });
}
