import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { cpuOf } from '../process_cpu.ts';
import { spreadOf } from '../statistics.ts';
import { verdict } from '../table.ts';
import { inTemporary } from '../temporary.ts';

const main = join(import.meta.dirname, '../../server/src/start.js');
const STARTS = 7;

interface Started {
  /** Milliseconds from the spawn to the first 200 of /health. */
  readonly ms: number;
  /** Milliseconds of CPU until then, all threads together: what it would take on a machine with nothing else to do, or less. */
  readonly cpu: number | undefined;
  /** MiB resident right after. */
  readonly resident: number | undefined;
}

/** The first start makes the database and fills the compile cache; those after it are measured. */
export function benchStart(): Promise<void> {
  return inTemporary(async (directory) => {
    const first = await startOnce(directory);
    const starts: Started[] = [];
    const bare: number[] = [];
    for (let count = 0; count < STARTS; count++) {
      starts.push(await startOnce(directory));
      bare.push(bareStart());
    }
    const whole = (figure: number) => String(Math.round(figure));
    console.log(`\nstart until /health answers, ${STARTS} times with a warm compile cache`);
    console.log(verdict('milliseconds', spreadOf(starts.map(({ ms }) => ms)), { most: 500 }, whole));
    const cpu = starts.flatMap(({ cpu }) => cpu ?? []);
    if (cpu.length > 0) console.log(verdict('of them CPU', spreadOf(cpu), undefined, whole));
    const resident = starts.flatMap(({ resident }) => resident ?? []);
    if (resident.length > 0) console.log(verdict('MiB resident', spreadOf(resident), { most: 130 }, whole));
    // How fast the machine is just now: files and CPU vary by the hour where others share it.
    console.log(verdict('bare Node, until it has ended', spreadOf(bare), undefined, whole));
    console.log(`  the very first start, which makes the database and the cache: ${whole(first.ms)} ms`);
  });
}

/** Milliseconds of a Node that has nothing to do. */
function bareStart(): number {
  const since = performance.now();
  spawnSync(process.execPath, ['-e', '0'], { stdio: 'inherit' });
  return performance.now() - since;
}

async function startOnce(directory: string): Promise<Started> {
  const port = await freePort();
  const env = { ...process.env, DATA_DIR: join(directory, 'data'), PORT: String(port), LOG_LEVEL: 'warn' };
  const since = performance.now();
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    await untilHealthy(child, `http://127.0.0.1:${port}/health`);
    return { ms: performance.now() - since, cpu: cpuOf(child.pid), resident: residentOf(child.pid) };
  } finally {
    await end(child);
  }
}

/** Asks every five milliseconds: finer than what it measures varies. */
async function untilHealthy(child: ChildProcess, url: string) {
  while (child.exitCode === null) {
    const response = await fetch(url).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`The server ended with ${child.exitCode}`);
}

/** A graceful end, at which the compile cache is written. */
function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

/** Known on Linux alone. */
const residentOf = (pid: number | undefined) =>
  pid === undefined || !existsSync('/proc/self/status')
    ? undefined
    : Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
