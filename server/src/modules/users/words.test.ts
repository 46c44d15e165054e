import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wordsOf } from './words.ts';

test('names fall into folded words, each once', () => {
  assert.deepEqual(wordsOf('Jean-Marc_E', 'Éric Jean'), ['jean', 'marc', 'e', 'eric']);
  assert.deepEqual(wordsOf('STRASSE', 'Straße'), ['strasse']);
  assert.deepEqual(wordsOf('john_doe', null), ['john', 'doe']);
});

test('scripts without capital letters and combining signs stay whole', () => {
  assert.deepEqual(wordsOf('山田 太郎'), ['山田', '太郎']);
  assert.deepEqual(wordsOf('हिन्दी'), ['हिन्दी']);
});

test('a text of signs only has no words', () => {
  assert.deepEqual(wordsOf('___', ' % _ \\ '), []);
  assert.deepEqual(wordsOf('🎉'), []);
});
