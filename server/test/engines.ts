import { appendFileSync } from 'node:fs';
import { test } from 'node:test';
import { postgresUrl } from './postgres_database.ts';

export type Engine = 'sqlite' | 'postgres';

/** Those that a run is about; both as a rule. */
const wanted = process.env.TEST_ENGINES?.split(',') ?? ['sqlite', 'postgres'];

/** `for (const engine of engines) describe(engine, …)`: what a run without PostgreSQL leaves out shows as a skipped test. */
export const engines: readonly Engine[] = (
  postgresUrl() ? (['sqlite', 'postgres'] as const) : (['sqlite'] as const)
).filter((engine) => wanted.includes(engine));

if (!postgresUrl()) {
  if (process.env.VEZA_TEST_RECORD) appendFileSync(process.env.VEZA_TEST_RECORD, 'without PostgreSQL\n');
  test('PostgreSQL: not available', { skip: 'nothing in this file ran on PostgreSQL' });
}
