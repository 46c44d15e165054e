import { cpus } from 'node:os';
import { benchFanout } from './cases/fanout.ts';
import { benchPage } from './cases/page.ts';
import { benchPagePostgres } from './cases/page_postgres.ts';
import { benchRooms } from './cases/rooms.ts';
import { benchSend } from './cases/send.ts';
import { benchSendPostgres } from './cases/send_postgres.ts';
import { benchStart } from './cases/start.ts';
import { benchStatistics } from './cases/statistics.ts';
import { CONNECTIONS } from './measure.ts';
import { type Options, type PathName, readOptions, usage } from './options.ts';

// What docs/performance.md claims, measured on this machine.
const benches: Record<PathName, (options: Options) => Promise<void>> = {
  send: benchSend,
  page: benchPage,
  rooms: benchRooms,
  statistics: benchStatistics,
  fanout: benchFanout,
  start: benchStart,
  'send-postgres': benchSendPostgres,
  'page-postgres': benchPagePostgres,
};

function optionsOrUsage(): Options {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exit(2);
  }
}

const options = optionsOrUsage();
console.log(
  `${cpus().length} cores, Node ${process.versions.node}, ${CONNECTIONS} connections, ` +
    `${options.rounds} rounds of ${options.seconds} s; median (min–max)`,
);
for (const path of options.paths) await benches[path](options);
