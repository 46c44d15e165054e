/** Whether a reader has been behind for too long, by what was written to it so far and how much of that still waits. */
export type Pace = (now: number, written: number, waiting: number) => boolean;

/** Judges at each look by what was taken since: whoever has taken all that was written when it was first seen behind keeps up. */
export function createPace(maxBehindMs: number): Pace {
  let behind: { readonly written: number; readonly since: number } | undefined;
  return (now, written, waiting) => {
    if (waiting === 0) {
      behind = undefined;
      return false;
    }
    if (behind === undefined || written - waiting >= behind.written) {
      behind = { written, since: now };
      return false;
    }
    return now - behind.since >= maxBehindMs;
  };
}
