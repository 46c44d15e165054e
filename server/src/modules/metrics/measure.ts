import type { Deps } from '../../context.ts';
import { measureDatabase, measureStored, measureWrites } from './database.ts';
import { measureAttempts, measureDeliveries } from './deliveries.ts';
import { measureDisk } from './disk.ts';
import { measureNodes } from './nodes.ts';
import { measureProcess, startLoopWatch } from './process.ts';

/**
 * Has what the server knows of itself asked at each scrape. What needs the database is apart: without it the rest can still be told.
 * Returns what stops the watch over the event loop.
 */
export function startMeasuring(deps: Deps): () => void {
  if (deps.config.METRICS === 'off') return () => {};
  const loop = startLoopWatch();
  deps.metrics.add(() => measureProcess(deps, loop.delays));
  for (const measure of [
    measureWrites,
    measureAttempts,
    measureDisk,
    measureDatabase,
    measureStored,
    measureDeliveries,
    measureNodes,
  ])
    deps.metrics.add(() => measure(deps));
  return loop.stop;
}
