import assert from 'node:assert/strict';
import { test } from 'node:test';
import { movedMark } from './move.ts';
import { sealKeyOf, signedMark } from './seal.ts';
import { markFault } from './verify_marks.ts';

const [key, other] = ['one', 'other'].map((text) => sealKeyOf(Buffer.from(text))) as [
  ReturnType<typeof sealKeyOf>,
  ReturnType<typeof sealKeyOf>,
];
const mark = signedMark(key, { name: 'head', seq: 7, mac: 'mac', xid: '0', audit_id: 9, at: 1 });

test('a mark that is moved names its new transaction, and is genuine', () => {
  const moved = { ...mark, ...movedMark([other, key], mark, '812') };
  assert.deepEqual({ ...moved, signature: '' }, { ...mark, xid: '812', signature: '' });
  assert.deepEqual(markFault([key], moved), []);
});

test('one whose key is not there, or that was altered, is not made genuine', () => {
  assert.deepEqual(movedMark([other], mark, '812'), mark);
  const altered = { ...mark, seq: 6 };
  assert.deepEqual(movedMark([key], altered, '812'), altered);
});
