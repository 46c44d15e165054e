import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestApp } from './app.ts';

const root = join(import.meta.dirname, '../../..');
const NODE_COMPILE_CACHE = join(root, 'node_modules/.cache/compile');
const command = join(root, 'server/src/cli.ts');

/** An event that was forwarded, as its line tells it. */
export interface Line {
  readonly event: string;
  readonly id: string;
  readonly outcome: string;
}

export interface Listening {
  readonly secret: string;
  readonly pid: number;
  /** Lines of events so far. */
  lines(): Line[];
  /** Resolves once there are so many. */
  got(count: number): Promise<Line[]>;
  /** Ends it as Ctrl-C does. */
  end(signal?: NodeJS.Signals): Promise<{ code: number | null; out: string; err: string }>;
}

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

const line = /^\d{4}-\d\d-\d\dT\S+Z {2}(?<event>\S+) +(?<id>evt_\S+) {2}(?<outcome>.+) {2}\d+ ms$/gm;

/** `veza` beside a server that is part of this process: a process of its own on the same database. */
export function spawnVeza(app: Pick<TestApp, 'directory' | 'deps'>, args: readonly string[]) {
  const { DATABASE_URL } = app.deps.config;
  const child = spawn(process.execPath, [command, ...args], {
    cwd: app.directory,
    env: {
      ...{ PATH: process.env.PATH, NODE_COMPILE_CACHE, DATA_DIR: app.directory },
      ...(DATABASE_URL === undefined ? {} : { DATABASE_URL }),
    },
  });
  children.add(child);
  const written = { out: '', err: '' };
  let wake = () => {};
  child.stdout.on('data', (chunk) => {
    written.out += chunk;
    wake();
  });
  child.stderr.on('data', (chunk) => {
    written.err += chunk;
    wake();
  });
  const closed = once(child, 'close').then(() => {
    children.delete(child);
    wake();
    return { code: child.exitCode, ...written };
  });
  async function until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      assert.equal(child.exitCode, null, `it has ended: ${written.out}${written.err}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return { child, written, closed, until };
}

/** `veza listen`, once it listens. */
export async function startListening(
  app: Pick<TestApp, 'directory' | 'deps'>,
  url: string,
  ...args: string[]
): Promise<Listening> {
  const { child, written, closed, until } = spawnVeza(app, ['listen', '--forward-to', url, ...args]);
  const secret = await until(() => /^Secret +(.+)$/m.exec(written.out)?.[1]);
  const lines = () => [...written.out.matchAll(line)].map(({ groups }) => ({ ...groups }) as unknown as Line);
  return {
    secret,
    pid: child.pid as number,
    lines,
    got: (count) => until(() => (lines().length >= count ? lines() : undefined)),
    end: (signal = 'SIGINT') => {
      child.kill(signal);
      return closed;
    },
  };
}
