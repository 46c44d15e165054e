/** Clients that come back at once are as many as one node lets in within a few milliseconds; of more, so many come in each. */
const EACH_MS = 2;
const LEAST_MS = 100;
const LONGEST_MS = 5_000;

/** How long one of so many clients is to wait before it comes back, so that not all come at the same time; milliseconds. */
export function reconnectMs(clients: number): number {
  const spreadMs = Math.min(Math.max(clients * EACH_MS, LEAST_MS), LONGEST_MS);
  return Math.floor(Math.random() * spreadMs);
}
