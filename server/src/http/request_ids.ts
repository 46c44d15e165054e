import { randomInt } from 'node:crypto';

const FIRST = 36 ** 5; // six digits to base 36 for the first two thousand million requests

/** Names requests `req_…`: a part drawn once, so that no two servers give the same, and a count, which is cheap. */
export function createRequestIds(): () => string {
  const prefix = `req_${randomInt(FIRST, 36 * FIRST).toString(36)}`;
  let count = FIRST;
  return () => prefix + (count++).toString(36);
}
