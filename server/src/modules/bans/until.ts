import { invalidField, unprocessable } from '../../errors.ts';
import { isDateTime } from '../../timestamp.ts';

/** 9999-12-31T23:59:59.999Z: stands for an end that never comes where a column needs one. */
export const FOREVER = 253_402_300_799_999;

/** Epoch milliseconds of an RFC 3339 time; raises 400 naming the field. */
export function parseUntil(until: string | null | undefined): number | null | undefined {
  if (until === null || until === undefined) return until;
  const at = Date.parse(until.toUpperCase());
  // A leap second is a time, but not one the engine knows.
  if (!isDateTime(until) || !Number.isFinite(at) || at > FOREVER) throw invalidField('until', 'not_a_timestamp');
  return at;
}

/** Raises 422 for an end that has passed. */
export function requireFuture(until: number | null | undefined, now: number): void {
  if (typeof until === 'number' && until <= now) throw unprocessable('in_the_past', { field: 'until' });
}
