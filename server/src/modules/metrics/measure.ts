import type { Deps } from '../../context.ts';
import { measureDatabase, measureStorage } from './database.ts';
import { measureDeliveries } from './deliveries.ts';
import { measureProcess, startLoopWatch } from './process.ts';

/** Has what the server knows of itself asked at each scrape. Returns what stops the watch over the event loop. */
export function startMeasuring(deps: Deps): () => void {
  if (deps.config.METRICS === 'off') return () => {};
  const loop = startLoopWatch();
  deps.metrics.add(() => measureProcess(deps, loop.delays));
  deps.metrics.add(() => measureDatabase(deps));
  deps.metrics.add(() => measureStorage(deps));
  deps.metrics.add(() => measureDeliveries(deps));
  return loop.stop;
}
