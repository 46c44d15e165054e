/** The process as an administrator sees it. */
export const runtime = {
  node: process.version,
  /** Resident set, in bytes. */
  memoryBytes: (): number => process.memoryUsage.rss(),
  uptimeSeconds: (): number => Math.floor(performance.now() / 1_000),
};
