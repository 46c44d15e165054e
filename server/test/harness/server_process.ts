import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

export interface ServerProcess {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: string;
  /** Everything it has written so far. */
  readonly output: () => string;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

const READY_MS = 30_000;
/** Shared by all of them: each would otherwise fill one of its own when it ends. */
const COMPILE_CACHE = join(root, 'node_modules/.cache/compile');

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/**
 * A server as people start it: a process of its own, on a free port of the loopback, with nothing of this process's environment.
 * What it writes goes into `server.log` in its folder, its data into `data`.
 */
export async function startServer(directory: string, variables: Record<string, string> = {}): Promise<ServerProcess> {
  const path = join(directory, 'server.log');
  const log = openSync(path, 'a');
  const child = spawn(process.execPath, [join(root, 'server/src/main.ts')], {
    cwd: directory,
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: COMPILE_CACHE, PORT: '0', DATA_DIR: 'data', ...variables },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  children.add(child);
  child.once('exit', () => children.delete(child));
  const output = () => readFileSync(path, 'utf8');
  const url = await readyAt(child, output);
  return {
    url,
    port: new URL(url).port,
    output,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      return child.exitCode;
    },
  };
}

async function readyAt(child: ChildProcess, output: () => string): Promise<string> {
  const deadline = performance.now() + READY_MS;
  while (child.exitCode === null && performance.now() < deadline) {
    const url = /^ {2}API +(http:\S+)\/api\/v1$/m.exec(output())?.[1];
    // The banner's last lines may come in another piece.
    if (url !== undefined && /^ {2}(Data|Password) .*\n/m.test(output())) return url;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill('SIGKILL');
  throw new Error(`The server did not start: ${output()}`);
}
