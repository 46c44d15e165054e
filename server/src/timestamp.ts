/** Epoch milliseconds → RFC 3339, UTC, milliseconds. */
export const timestamp = (at: number): string => new Date(at).toISOString();
