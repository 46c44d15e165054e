import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const NODE_COMPILE_CACHE = join(root, 'node_modules/.cache/compile');

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** `veza`, as people run it beside a data directory; `look` sees what it has printed so far, and may send a signal. */
export async function runVeza(
  directory: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  look: (out: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<Ended> {
  const child = spawn(process.execPath, [join(root, 'server/src/cli.ts'), ...args], {
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE, DATA_DIR: directory, ...variables },
  });
  const written = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    written.out += chunk;
    look(written.out, (signal) => child.kill(signal));
  });
  child.stderr.on('data', (chunk) => {
    written.err += chunk;
  });
  await once(child, 'close');
  return { code: child.exitCode, signal: child.signalCode, ...written };
}

export const migrateTo = (directory: string, url: string, variables: Readonly<Record<string, string>> = {}) =>
  runVeza(directory, ['migrate', '--to', url], variables);
