import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codingOf, languageOf, weighted } from './preferences.ts';

test('weights order, and the first written wins among equals', () => {
  assert.deepEqual(weighted('fr-CH, fr;q=0.9, en;q=0.8, *;q=0.5'), [
    ['fr-ch', 1],
    ['fr', 0.9],
    ['en', 0.8],
    ['*', 0.5],
  ]);
  assert.deepEqual(weighted('a;q=0.1,b'), [
    ['b', 1],
    ['a', 0.1],
  ]);
});

test('weights that are none count as nothing', () => {
  for (const bad of ['a;q=2', 'a;q=-1', 'a;q=', 'a;q=x', 'a;q=NaN', 'a;q=Infinity'])
    assert.deepEqual(weighted(bad), [['a', 0]], bad);
  assert.deepEqual(weighted(''), []);
  assert.deepEqual(weighted(', ,;q=1,'), []);
});

test('a header of thousands of entries is read no further than its beginning', () => {
  assert.equal(weighted(Array.from({ length: 5_000 }, (_, i) => `x${i}`).join(',')).length, 32);
});

test('people read French when they prefer it, English otherwise', () => {
  for (const [header, language] of [
    [undefined, 'en'],
    ['', 'en'],
    ['fr', 'fr'],
    ['FR-ca', 'fr'],
    ['en, fr', 'en'],
    ['fr;q=0.1, en;q=0.9', 'en'],
    ['de, fr;q=0.5, en;q=0.4', 'fr'],
    ['de', 'en'],
    ['*', 'en'],
    ['fr;q=0', 'en'],
    ['fr;q=0, *', 'en'],
    ['french', 'en'],
    ['\u0000;;;q=,', 'en'],
  ] as const)
    assert.equal(languageOf(header), language, `${header}`);
});

test('answers are compressed only for those who ask, as they prefer', () => {
  for (const [header, coding] of [
    [undefined, undefined],
    ['', undefined],
    ['identity', undefined],
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip;q=1, br;q=0.5', 'gzip'],
    ['gzip;q=0, br;q=0', undefined],
    ['deflate', undefined],
    ['*', 'br'],
    ['*;q=0', undefined],
    ['br;q=0, *', 'gzip'],
    ['identity, gzip;q=0.5', undefined],
    ['GZIP', 'gzip'],
  ] as const)
    assert.equal(codingOf(header), coding, `${header}`);
});
