import { invalidField, unprocessable } from '../../errors.ts';

/** 9999-12-31T23:59:59.999Z: stands for an end that never comes where a column needs one. */
export const FOREVER = 253_402_300_799_999;

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i;

/** Epoch milliseconds of an RFC 3339 time; raises 400 naming the field. */
export function parseUntil(until: string | null | undefined): number | null | undefined {
  if (until === null || until === undefined) return until;
  const [, year, month, day] = RFC3339.exec(until) ?? [];
  const at = Date.parse(until.toUpperCase());
  // The engine takes 30 February for 1 March.
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (year === undefined || !Number.isFinite(at) || Number(day) > lastDay || at > FOREVER) {
    throw invalidField('until', 'not_a_timestamp');
  }
  return at;
}

/** Raises 422 for an end that has passed. */
export function requireFuture(until: number | null | undefined, now: number): void {
  if (typeof until === 'number' && until <= now) throw unprocessable('in_the_past', { field: 'until' });
}
