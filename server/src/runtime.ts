/** The process as an administrator sees it. */
export const runtime = {
  node: process.version,
  /** Resident set, in bytes. */
  memoryBytes: (): number => process.memoryUsage.rss(),
  /** Of JavaScript: what its objects take, and what they hold outside of the heap. */
  heap: (): { used: number; external: number } => {
    const { heapUsed, external } = process.memoryUsage();
    return { used: heapUsed, external };
  },
  /** User and system time of all threads. */
  cpuSeconds: (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000_000;
  },
  uptimeSeconds: (): number => Math.floor(performance.now() / 1_000),
};
