/** Frames refused as none, or as too many, in this time close a socket. */
export const MAX_STRIKES = 10;
const STRIKES_MS = 60_000;

/** Counts what was refused; true at the last that is borne. */
export function createStrikes(): () => boolean {
  let count = 0;
  let since = 0;
  return () => {
    const now = performance.now();
    if (now - since > STRIKES_MS) {
      since = now;
      count = 0;
    }
    count++;
    return count >= MAX_STRIKES;
  };
}
