import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../../server/test/postgres_server.ts';
import { cpuOfFamily } from '../process_cpu.ts';

/** A PostgreSQL of one's own that keeps what it has acknowledged. */
export interface DurablePostgres {
  /** The folder of its programs. */
  readonly bin: string;
  /** Makes a database, empty or a copy of another, to which nobody is connected then; resolves with its URL. */
  create(name: string, template?: string): Promise<string>;
  /** Milliseconds of CPU of all its processes; known on Linux alone. */
  cpu(): number | undefined;
}

/** Where files outlive a restart of the machine: on a disk. */
const BELOW = '/var/tmp';
/** More than the data, and no checkpoint within a round: rounds that meet one would be others. */
const settings = ['max_connections=400', 'shared_buffers=1GB', 'max_wal_size=8GB', 'checkpoint_timeout=1h'];
const durable = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };

/** Runs `work` with one; where there is none to be had, says so instead, so that nobody overlooks it. */
export async function withPostgres(what: string, work: (postgres: DurablePostgres) => Promise<void>): Promise<void> {
  requireDisk(BELOW);
  const kept = Object.entries(durable).map(([name, value]) => `${name}=${value}`);
  const { server, reasons } = await startPostgres({ below: BELOW, settings: [...settings, ...kept] });
  if (!server) return skipped(what, ['no PostgreSQL', ...reasons]);
  try {
    const pid = await examine(server.url);
    console.log(`\n${server.origin}, durable; the disk by itself syncs ${syncsPerSecond(BELOW)} times a second`);
    await work({
      bin: server.bin,
      create: (name, template) => createDatabase(server.url, name, template),
      cpu: () => cpuOfFamily(pid),
    });
  } finally {
    await server.stop();
  }
}

export function skipped(what: string, reasons: readonly string[]): void {
  const bar = '='.repeat(100);
  console.error([bar, `NOT MEASURED: ${what}`, ...reasons, bar].join('\n'));
}

const IN_MEMORY = new Map([
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
]);
function requireDisk(folder: string): void {
  const found = IN_MEMORY.get(statfsSync(folder).type);
  if (found) throw new Error(`${folder} is on ${found}: nothing is durable there, and no commit waits for a disk`);
}

/** The id of its first process. Throws where it may lose something. */
async function examine(url: string): Promise<number> {
  const [row] = await ask(
    url,
    `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid,
    ${Object.keys(durable)
      .map((name) => `current_setting('${name}') as ${name}`)
      .join(', ')}`,
  );
  for (const [name, value] of Object.entries(durable))
    if (row?.[name] !== value) throw new Error(`PostgreSQL runs with ${name} = ${row?.[name]}`);
  return Number(row?.pid);
}

async function createDatabase(server: string, name: string, template?: string): Promise<string> {
  await ask(server, `create database ${name}${template === undefined ? '' : ` template ${template}`}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** One statement on a connection of its own. */
export async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const LOOK_MS = 500;
/** How many commits would be possible, each alone and with nothing to do but to wait for the disk. */
function syncsPerSecond(below: string): number {
  const folder = mkdtempSync(join(below, 'veza-bench-'));
  const file = openSync(join(folder, 'synced'), 'w');
  const page = Buffer.alloc(8_192);
  writeSync(file, Buffer.alloc(16 * 1024 * 1024));
  fdatasyncSync(file);
  const since = performance.now();
  let count = 0;
  for (; performance.now() - since < LOOK_MS; count++) {
    writeSync(file, page, 0, page.length, (count % 2_048) * page.length);
    fdatasyncSync(file);
  }
  closeSync(file);
  rmSync(folder, { recursive: true });
  return Math.round(count / (LOOK_MS / 1_000));
}
