import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFailures } from './failures.ts';

const rule = { limit: 2, windowMs: 1000, firstWaitMs: 100, maxWaitMs: 400, quietMs: 5000 };

function failuresAt(maxKeys?: number) {
  const clock = { now: 1_000_000 };
  return { clock, failures: createFailures(() => clock.now, rule, maxKeys) };
}

function fail(failures: ReturnType<typeof createFailures>, key: string): void {
  failures.reserve(key);
  failures.fail(key);
}

test('a key without failures leaves nothing behind', () => {
  const { failures } = failuresAt();
  failures.reserve('a');
  assert.equal(failures.size, 1);
  failures.release('a');
  assert.equal(failures.size, 0);
  fail(failures, 'a');
  failures.reserve('a');
  failures.clear('a');
  assert.equal(failures.size, 0);
  assert.equal(failures.waitMs('never seen'), 0);
  assert.equal(failures.size, 0);
});

test('what is over is dropped as others come', () => {
  const { clock, failures } = failuresAt();
  for (let i = 0; i < 50; i++) fail(failures, `k${i}`);
  assert.equal(failures.size, 50);
  clock.now += 60_000;
  for (let i = 0; i < 50; i++) failures.reserve('x');
  assert.equal(failures.size, 1);
});

test('a flood of keys stays within the bound, and the one used longest ago goes first', () => {
  const { failures } = failuresAt(100);
  for (let i = 0; i < 10_000; i++) {
    fail(failures, `k${i}`);
    if (i % 50 === 0) fail(failures, 'steady');
    assert.ok(failures.size <= 100);
  }
  assert.ok(failures.waitMs('steady') > 0);
});

test('ending what was not reserved does no harm', () => {
  const { failures } = failuresAt();
  failures.release('a');
  failures.clear('a');
  failures.reserve('a');
  failures.reserve('a');
  assert.ok(failures.waitMs('a') > 0);
});
