import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ImagesBusy } from './images.ts';
import { createTurns, type Who } from './turns.ts';

function watched(most: number, mostEach: number) {
  const turns = createTurns(most, mostEach);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const take = (name: string, who: Who) =>
    turns.take(who, () => {
      begun.push(name);
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
    });
  const end = async (name: string, promise: Promise<string>) => {
    ends.get(name)?.();
    assert.equal(await promise, name);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { take, begun, end };
}

test('one runs at a time, in order, but for what goes before everybody', async () => {
  const { take, begun, end } = watched(8, 8);
  const all = { a: take('a', 1), b: take('b', 2), first: take('first', undefined), c: take('c', 1) };
  assert.deepEqual(begun, ['a']);
  for (const name of ['a', 'first', 'b', 'c'] as const) await end(name, all[name]);
  assert.deepEqual(begun, ['a', 'first', 'b', 'c']);
});

test('one person has so many places, all together so many, and what goes first its own', async () => {
  const { take, begun, end } = watched(3, 2);
  const one = take('1', 1);
  void take('2', 1);
  await assert.rejects(take('3', 1), ImagesBusy);
  void take('4', 2);
  await assert.rejects(take('5', 3), ImagesBusy);
  for (const name of ['6', '7', '8']) void take(name, undefined);
  await assert.rejects(take('9', undefined), ImagesBusy);
  await end('1', one);
  const again = take('10', 1);
  assert.deepEqual(begun, ['1', '6']);
  again.catch(() => assert.fail('the place is free again'));
});

test('what fails makes room like what succeeds', async () => {
  const turns = createTurns(1, 1);
  await assert.rejects(
    turns.take(1, () => Promise.reject(new Error('broken'))),
    /broken/,
  );
  assert.equal(await turns.take(1, async () => 'whole'), 'whole');
});
