import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';

export interface Measured {
  /** Bytes, the most since the last time it was asked. */
  readonly resident: number;
  /** Milliseconds, the longest since then. */
  readonly held: number;
}

/** A server in a process of its own, which tells what it takes whenever it is asked. */
const app = await createApp(readConfig(process.env));
const url = await app.server.listen({ host: '127.0.0.1', port: 0 });
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
let resident = 0;
const look = () => {
  resident = Math.max(resident, process.memoryUsage.rss());
};
setInterval(look, 10).unref();

process.on('message', () => {
  look();
  process.send?.({ resident, held: delay.max / 1e6 } satisfies Measured);
  resident = 0;
  delay.reset();
});
process.on('disconnect', () => process.exit());
process.send?.(url);
