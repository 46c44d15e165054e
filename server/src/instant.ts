import { invalidField } from './errors.ts';

/** Epoch milliseconds of an RFC 3339 time; raises 400 naming the field. */
export function instantOf(field: string, text: string): number {
  const at = Date.parse(text.toUpperCase());
  // A leap second is a time, but not one the engine knows.
  if (!Number.isFinite(at)) throw invalidField(field, 'not_a_timestamp');
  return at;
}
