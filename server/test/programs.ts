import { spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';

/** Without these a run that requires services fails. */
export const needed: readonly string[] = ['nginx', 'redis-server', 'pgbouncer'];

/** Programs of the system are in folders that not everybody's PATH has. */
const PATH = [process.env.PATH, '/usr/sbin', '/sbin'].join(delimiter);
const installer = join(import.meta.dirname, '../../.ci/services');
const PATIENCE_MS = 240_000;

/**
 * The paths of programs of the system to try something with, in their order; undefined where one is missing and could not be installed, which
 * then shows as a skipped test and is counted.
 */
export function programs(...names: string[]): string[] | undefined {
  const missing = names.filter((name) => found(name) === undefined);
  if (missing.length > 0) spawnSync(installer, missing, { stdio: 'inherit', timeout: PATIENCE_MS });
  const paths = names.map(found);
  for (const [i, name] of names.entries()) note(paths[i] ? `ran ${name}` : `without ${name}`);
  const lacking = names.filter((_, i) => paths[i] === undefined);
  if (lacking.length === 0) return paths as string[];
  if (process.env.VEZA_REQUIRE_SERVICES === '1' && lacking.some((name) => needed.includes(name)))
    throw new Error(`VEZA_REQUIRE_SERVICES=1, and there is no ${lacking.join(', no ')}`);
  test(`${lacking.join(', ')}: not available`, { skip: 'something in this file was not tried' });
  return undefined;
}

/** Why something is not tried, which is counted. */
export function without(what: string): string {
  note(`without ${what}`);
  return `there is no ${what}`;
}

function found(name: string): string | undefined {
  return (
    spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { env: { PATH } }).stdout.toString().trim() || undefined
  );
}

function note(line: string): void {
  if (process.env.VEZA_TEST_RECORD) appendFileSync(process.env.VEZA_TEST_RECORD, `${line}\n`);
}

/** What a whole run has to have used, and has not. */
export const notRun = (record: readonly string[]): string[] => needed.filter((name) => !record.includes(`ran ${name}`));

/** `3 test files ran without caddy`, for each program that was missing. */
export function runWithout(record: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of record) {
    const name = /^without (.+)$/.exec(line)?.[1];
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${count} test ${count === 1 ? 'file' : 'files'} ran without ${name}.`);
}
