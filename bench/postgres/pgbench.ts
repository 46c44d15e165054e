import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Recorded } from '../subjects/recorded.ts';

const run = promisify(execFile);

/** PostgreSQL's own load generator, beside its other programs; undefined where it was left out. */
export function findPgbench(bin: string): string | undefined {
  const path = join(bin, 'pgbench');
  return existsSync(path) ? path : undefined;
}

/**
 * The script that runs statements as one and the other person had them run: what differs between the two is the person, drawn anew at
 * each run from a range of ids.
 */
export function scriptOf(one: readonly Recorded[], other: readonly Recorded[], people: { from: number; to: number }) {
  const lines = [`\\set person random(${people.from}, ${people.to})`];
  for (const [place, { sql, values }] of one.entries()) {
    const twin = other[place];
    if (twin?.sql !== sql || other.length !== one.length) throw new Error('Two people had different statements run');
    const nameOf = (index: number) => (values[index] === twin.values[index] ? `value_${place}_${index}` : 'person');
    for (const [index, value] of values.entries()) {
      if (nameOf(index) === 'person') continue;
      if (!Number.isSafeInteger(value)) throw new Error(`pgbench knows numbers alone, not ${JSON.stringify(value)}`);
      lines.push(`\\set ${nameOf(index)} ${value}`);
    }
    lines.push(`${sql.replace(/\$(\d+)/g, (_, number) => `:${nameOf(Number(number) - 1)}`)};`);
  }
  return `${lines.join('\n')}\n`;
}

export interface PgbenchOrder {
  readonly program: string;
  readonly url: string;
  readonly script: string;
  readonly clients: number;
  readonly seconds: number;
}

/** How often the script was run in a second, its statements prepared. */
export async function runPgbench(directory: string, { program, url, script, clients, seconds }: PgbenchOrder) {
  const file = join(directory, 'pgbench.sql');
  await writeFile(file, script);
  const { hostname, port, pathname, username, password } = new URL(url);
  const env = { ...process.env, PGHOST: hostname, PGPORT: port, PGUSER: username, PGPASSWORD: password };
  const args = ['-n', '-M', 'prepared', '-c', String(clients), '-j', '1', '-T', String(seconds), '-f', file];
  const { stdout } = await run(program, [...args, pathname.slice(1)], { env, timeout: (seconds + 60) * 1_000 });
  return rateOf(stdout);
}

/** Throws where a run failed: its rate would be another work's. */
export function rateOf(output: string): number {
  const rate = /^tps = ([\d.]+) \(without initial connection time\)/m.exec(output)?.[1];
  const failed = /^number of failed transactions: (\d+)/m.exec(output)?.[1] ?? '0';
  if (rate === undefined || failed !== '0') throw new Error(`pgbench did not do what it was to do:\n${output}`);
  return Number(rate);
}
