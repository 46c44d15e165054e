import { appendFileSync } from 'node:fs';

const noted = new Set<string>();

/** Notes what a test file has reached, each thing once: at the end of a whole run, what none has reached fails it (whole_suite.ts). */
export function record(line: string): void {
  const file = process.env.VEZA_TEST_RECORD;
  if (!file || noted.has(line)) return;
  noted.add(line);
  appendFileSync(file, `${line}\n`);
}

/** Laws go through all there is by lists; whether anybody tells of a thing is another question. */
export const isLaw = (process.argv[1] ?? '').replaceAll('\\', '/').includes('/server/test/laws/');
