import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventCatalogue } from '../../src/events.ts';
import { routes } from '../../src/routes.ts';
import { summaryOf } from '../engine_reporter.ts';
import { isWholeSuite, notReached, wholePatterns } from '../whole_suite.ts';

const all = [
  ...routes.map(({ method, path }) => `answered ${method} ${path}`),
  ...Object.keys(eventCatalogue).map((type) => `emitted ${type}`),
];

test('a route that no story gets an answer from is seen, and an event that none tells of', () => {
  assert.deepEqual(notReached([...all, 'without postgres', '']), []);
  const [some, other] = ['answered GET /api/v1/rooms', 'emitted room_deleted'];
  assert.deepEqual(notReached(all.filter((line) => line !== some && line !== other)), [some, other]);
});

test('only a run of everything is asked for everything', () => {
  const patterns = wholePatterns();
  assert.ok(patterns.length > 3);
  assert.equal(isWholeSuite(patterns, ['--test', '--test-concurrency=2']), true);
  assert.equal(isWholeSuite(patterns.slice(1), ['--test']), false);
  assert.equal(isWholeSuite(['server/test/rooms.test.ts'], ['--test']), false);
  for (const flag of ['--test-name-pattern=x', '--test-only', '--test-shard=1/2', '--test-skip-pattern=x'])
    assert.equal(isWholeSuite(patterns, ['--test', flag]), false, flag);
});

test('the engines are compared by what ran on each, and how it ended', () => {
  const of = (path: string, engine: string, passed = true) => ({ path, engine, passed });
  const same = [of('a', 'sqlite'), of('a', 'postgres'), of('b', 'sqlite')];
  assert.equal(
    summaryOf(same),
    'ℹ 1 tests ran on SQLite and on PostgreSQL, 1 with the same result\nℹ of one engine alone: 1 of SQLite, 0 of PostgreSQL\n',
  );
  assert.match(
    summaryOf([of('a', 'sqlite'), of('a', 'postgres', false)]),
    /, 0 with the same result\n.*\n✖ another result: a\n$/,
  );
});
