/** How far back the event log is read. */
export const LOG_KEPT_MS = 7 * 86_400_000;
