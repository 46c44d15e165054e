import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needed, notRun, runWithout } from './programs.ts';

test('a whole run that never used a program it needs is seen, and what ran without one is counted', () => {
  const all = needed.map((name) => `ran ${name}`);
  assert.deepEqual(notRun([...all, 'without caddy', '']), []);
  assert.deepEqual(notRun(['without nginx', ...all.filter((line) => line !== 'ran nginx')]), ['nginx']);
  const record = ['without caddy', 'ran nginx', 'without PostgreSQL', 'without caddy', ''];
  assert.deepEqual(runWithout(record), ['2 test files ran without caddy.', '1 test file ran without PostgreSQL.']);
});
