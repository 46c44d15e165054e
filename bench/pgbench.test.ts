import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rateOf, scriptOf } from './postgres/pgbench.ts';

const run = (sql: string, ...values: unknown[]) => ({ sql, values, rows: [] });

test('what differs between two people is drawn, the rest is as it was', () => {
  const one = [run('select a where id = $1 and b = $2 and c = $1', 7, 40), run('select $1 limit $2', 40, 7)];
  const other = [run('select a where id = $1 and b = $2 and c = $1', 8, 40), run('select $1 limit $2', 40, 7)];
  assert.equal(
    scriptOf(one, other, { from: 7, to: 9 }),
    [
      '\\set person random(7, 9)',
      '\\set value_0_1 40',
      'select a where id = :person and b = :value_0_1 and c = :person;',
      '\\set value_1_0 40',
      '\\set value_1_1 7',
      'select :value_1_0 limit :value_1_1;',
      '',
    ].join('\n'),
  );
});

test('a script is refused that would be other work than the statements', () => {
  const people = { from: 1, to: 2 };
  assert.throws(() => scriptOf([run('select $1', 'text')], [run('select $1', 'text')], people), /numbers alone/);
  assert.throws(() => scriptOf([run('select 1')], [run('select 2')], people), /different statements/);
  assert.throws(() => scriptOf([run('select 1')], [run('select 1'), run('select 2')], people), /different statements/);
});

test('a rate is that of runs of which none failed', () => {
  const output = (failed: number) =>
    `number of failed transactions: ${failed} (0.0%)\nlatency average = 1.5 ms\ntps = 6176.25 (without initial connection time)\n`;
  assert.equal(rateOf(output(0)), 6176.25);
  assert.throws(() => rateOf(output(1)), /failed transactions: 1/);
  assert.throws(() => rateOf('pgbench: error'), /pgbench: error/);
});
