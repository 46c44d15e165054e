import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(import.meta.dirname, '../../..');
const main = join(root, 'server/src/main.ts');
const postgresMain = fileURLToPath(new URL('./postgres_main.ts', import.meta.url));

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The real server in a process of its own. */
export interface ServerProcess {
  readonly pid: number;
  /** Everything it wrote so far, both ways. */
  output(): string;
  readonly exited: Promise<Exit>;
  /** Its address, once it prints it; fails when it ends before. */
  readonly url: Promise<string>;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Exit>;
}

export interface StartOptions {
  readonly directory: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** Runs on this PostgreSQL database instead of SQLite. */
  readonly databaseUrl?: string | undefined;
}

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

export function startServer({ directory, variables = {}, databaseUrl }: StartOptions): ServerProcess {
  const child = spawn(process.execPath, [databaseUrl === undefined ? main : postgresMain], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      // Shared by all starts of all tests: what is measured is recovery, not compiling.
      NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compile'),
      DATA_DIR: directory,
      PORT: '0',
      RATE_LIMITS: 'off',
      LOG_LEVEL: 'warn',
      MIN_FREE_DISK_BYTES: '0',
      ...(databaseUrl === undefined ? {} : { TEST_DATABASE_URL: databaseUrl }),
      ...variables,
    },
  });
  children.add(child);
  let output = '';
  const { promise: url, resolve, reject } = Promise.withResolvers<string>();
  url.catch(() => undefined);
  const listen = (chunk: Buffer) => {
    output += chunk;
    const [, found] = /API +(http\S+)\/api\/v1/.exec(output) ?? [];
    if (found) resolve(found);
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const exited = new Promise<Exit>((done) => {
    child.once('close', (code, signal) => {
      children.delete(child);
      reject(new Error(`The server ended (${code ?? signal}): ${output}`));
      done({ code, signal });
    });
  });
  return {
    pid: child.pid as number,
    output: () => output,
    exited,
    url,
    end: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
}
