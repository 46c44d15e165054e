import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventCatalogue } from '../../src/events.ts';
import { routes } from '../../src/routes.ts';
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
