import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ratios, spreadOf } from './statistics.ts';

test('the median is the middle figure, or the mean of the two in the middle', () => {
  assert.deepEqual(spreadOf([3, 1, 2]), { median: 2, min: 1, max: 3 });
  assert.deepEqual(spreadOf([4, 1, 10, 2]), { median: 3, min: 1, max: 10 });
  assert.deepEqual(spreadOf([5]), { median: 5, min: 5, max: 5 });
  assert.throws(() => spreadOf([]), RangeError);
});

test('ratios are taken pair by pair', () => {
  assert.deepEqual(ratios([3, 8], [4, 10]), [0.75, 0.8]);
  assert.throws(() => ratios([1], []), RangeError);
});
