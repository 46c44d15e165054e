import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdsStill, rangeOf } from './ranges.ts';

test('one range of bytes is heeded, and cut to what is there', () => {
  const ranges: Record<string, unknown> = {
    'bytes=0-4': { from: 0, to: 4 },
    'bytes=5-': { from: 5, to: 9 },
    'bytes=-3': { from: 7, to: 9 },
    'bytes=-30': { from: 0, to: 9 },
    'bytes=9-9': { from: 9, to: 9 },
    'bytes=0-99999999999999999999': { from: 0, to: 9 },
    'BYTES=0-0': { from: 0, to: 0 },
    'bytes=10-': 'unsatisfiable',
    'bytes=99999999999999999999-': 'unsatisfiable',
    'bytes=-0': 'unsatisfiable',
  };
  for (const [header, range] of Object.entries(ranges)) assert.deepEqual(rangeOf(header, 10), range, header);
});

test('what is no single range is not heeded', () => {
  const others = ['bytes=', 'bytes=-', 'bytes=4-2', 'bytes=0-1,3-4', 'lines=0-1', 'bytes=a-b', 'bytes=1.5-', '0-4', ''];
  for (const header of [undefined, ...others]) assert.equal(rangeOf(header, 10), undefined, `${header}`);
});

test('a range is only for what the caller has begun to read', () => {
  const at = Date.parse('2026-01-15T00:00:00.500Z');
  const cases: [string | undefined, boolean][] = [
    [undefined, true],
    ['"a"', true],
    ['"b"', false],
    ['W/"a"', false],
    ['Thu, 15 Jan 2026 00:00:00 GMT', true],
    ['Thu, 15 Jan 2026 00:00:01 GMT', false],
    ['nonsense', false],
  ];
  for (const [header, holds] of cases) assert.equal(holdsStill(header, '"a"', at), holds, `${header}`);
});
