import { appendFileSync } from 'node:fs';
import { test } from 'node:test';
import { postgresUrl } from './postgres_database.ts';

export type Engine = 'sqlite' | 'postgres';

/** `for (const engine of engines) describe(engine, …)`: what a run without PostgreSQL leaves out shows as a skipped test. */
export const engines: readonly Engine[] = postgresUrl() ? ['sqlite', 'postgres'] : ['sqlite'];

if (!postgresUrl()) {
  if (process.env.VEZA_TEST_RECORD) appendFileSync(process.env.VEZA_TEST_RECORD, 'without PostgreSQL\n');
  test('PostgreSQL: not available', { skip: 'nothing in this file ran on PostgreSQL' });
}
