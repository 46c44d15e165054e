import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createPace, type Pace } from './pace.ts';

/** The looks at which a reader is found too slow: each is when, what was written by then, and what of it waits. */
const slowAt = (pace: Pace, looks: readonly (readonly [now: number, written: number, waiting: number])[]): number[] =>
  looks.filter((look) => pace(...look)).map(([now]) => now);

describe('the pace of a reader', () => {
  test('who takes everything is never slow, however much comes', () => {
    assert.deepEqual(
      slowAt(createPace(10), [
        [0, 100, 0],
        [100, 1_000, 0],
        [200, 9_000, 0],
      ]),
      [],
    );
  });

  test('who takes nothing is slow once the time is up', () => {
    assert.deepEqual(
      slowAt(createPace(10), [
        [0, 100, 100],
        [9, 200, 200],
        [10, 200, 200],
        [11, 300, 300],
      ]),
      [10, 11],
    );
  });

  test('who is always behind, and takes what waited in time, is not', () => {
    const looks = Array.from({ length: 20 }, (_, at) => [at * 8, (at + 1) * 100, 100] as const);
    assert.deepEqual(slowAt(createPace(10), looks), []);
  });

  test('who takes some, and not in time what waited when he fell behind, is', () => {
    assert.deepEqual(
      slowAt(createPace(10), [
        [0, 100, 100],
        [5, 100, 50],
        [10, 100, 1],
        [11, 100, 0],
      ]),
      [10],
    );
  });

  test('who has caught up begins anew', () => {
    assert.deepEqual(
      slowAt(createPace(10), [
        [0, 100, 100],
        [5, 100, 0],
        [9, 200, 100],
        [18, 200, 100],
        [19, 200, 100],
      ]),
      [19],
    );
  });
});
