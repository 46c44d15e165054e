import type { Deps } from '../../context.ts';
import { type Histogram, histogramOf, observe } from '../../metrics/histogram.ts';
import { type Sample, sample } from '../../metrics/sample.ts';
import { runtime } from '../../runtime.ts';
import { version } from '../../version.ts';

export function measureProcess({ db }: Deps, delays: Histogram): Sample[] {
  const heap = runtime.heap();
  return [
    sample('veza_info', 1, { version, node: runtime.node, engine: db.dialect }),
    sample('veza_uptime_seconds', performance.now() / 1_000),
    sample('process_start_time_seconds', performance.timeOrigin / 1_000),
    sample('process_cpu_seconds_total', runtime.cpuSeconds()),
    sample('process_resident_memory_bytes', runtime.memoryBytes()),
    sample('veza_heap_used_bytes', heap.used),
    sample('veza_external_memory_bytes', heap.external),
    sample('veza_event_loop_delay_seconds', delays),
    sample('veza_event_loop_busy_seconds_total', performance.eventLoopUtilization().active / 1_000),
  ];
}

const LOOK_EVERY_MS = 20;

/**
 * Looks how late a timer comes. Node's own monitor has percentiles since its last reset alone, which two that scrape would take from
 * each other; and it misses what blocks the loop just after one.
 */
export function startLoopWatch(): { readonly delays: Histogram; stop(): void } {
  const delays = histogramOf('veza_event_loop_delay_seconds');
  let due = performance.now() + LOOK_EVERY_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    observe(delays, Math.max(0, now - due) / 1_000);
    due = now + LOOK_EVERY_MS;
  }, LOOK_EVERY_MS);
  timer.unref();
  return { delays, stop: () => clearInterval(timer) };
}
