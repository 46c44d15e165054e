import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const main = join(root, 'server/src/start.js');
/** Shared by all of them: each would otherwise fill one of its own when it ends. */
const COMPILE_CACHE = join(root, 'node_modules/.cache/compile');

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ServerProcess {
  readonly pid: number;
  /** Everything it wrote so far, both ways. */
  output(): string;
  readonly exited: Promise<Exit>;
  /** `http://127.0.0.1:<port>`, once it prints it; fails when it ends before. */
  readonly url: Promise<string>;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Exit>;
}

interface StartOptions {
  /** Where it is started; its data go into `data` there unless DATA_DIR names another place. */
  readonly directory: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** Runs on this PostgreSQL database instead of SQLite. */
  readonly databaseUrl?: string | undefined;
  /** A file that gets what it writes as well. */
  readonly logFile?: string;
}

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** A server as people start it: a process of its own, on a free port of the loopback, with nothing of this process's environment. */
export function startServer({ directory, variables = {}, databaseUrl, logFile }: StartOptions): ServerProcess {
  const database = databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl };
  const child = spawn(process.execPath, [main], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: COMPILE_CACHE, PORT: '0', ...database, ...variables },
  });
  children.add(child);
  let output = '';
  const { promise: url, resolve, reject } = Promise.withResolvers<string>();
  url.catch(() => undefined);
  const listen = (chunk: Buffer) => {
    output += chunk;
    if (logFile !== undefined) appendFileSync(logFile, chunk);
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
