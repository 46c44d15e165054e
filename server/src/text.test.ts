import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  cleanName,
  codePoints,
  foldForSearch,
  hasForbiddenText,
  hasTooManyMarks,
  isLongerThan,
  likePattern,
  nameFault,
} from './text.ts';

const anyText = fc.string({
  unit: fc.oneof(fc.string({ unit: 'binary', maxLength: 3 }), fc.constantFrom('\ud83d', '\udc4d')),
});

test('code points are counted as iteration counts them', () => {
  fc.assert(fc.property(anyText, (text) => codePoints(text) === [...text].length));
  fc.assert(fc.property(anyText, fc.nat(12), (text, max) => isLongerThan(text, max) === [...text].length > max));
});

test('twenty marks in a row are allowed, twenty-one are not', () => {
  for (const mark of ['\u0301', '\u20dd', '\u{1e8d0}']) {
    assert.equal(hasTooManyMarks(`a${mark.repeat(20)}b${mark.repeat(20)}`), false);
    assert.equal(hasTooManyMarks(`a${mark.repeat(21)}`), true);
  }
});

test('a text of lines may hold tabs and line ends and no other control character', () => {
  for (const text of ['', 'one\n\ttwo\r\n', 'e\u0301', '👍', '\u200d\u202e'])
    assert.equal(hasForbiddenText(text), false);
  for (const bad of ['\u0000', '\u0007', '\u001b', '\u007f', '\u0085', '\u009f', '\ud800', '\udc00']) {
    assert.equal(hasForbiddenText(`a${bad}b`), true);
  }
});

test('names are stored trimmed and composed', () => {
  assert.equal(cleanName(' \t Cafe\u0301\u00a0 '), 'Café');
  assert.equal(cleanName('\ud800'), '\ud800');
});

test('names of any script pass', () => {
  for (const name of [
    'a',
    'Général',
    '日本語の部屋',
    'سلام',
    'שלום',
    'नमस्ते',
    '👍',
    '👨‍👩‍👧',
    'می‌خواهم',
    'a'.repeat(100),
    '👍'.repeat(100),
  ]) {
    assert.equal(nameFault(name, 100), undefined, name);
  }
});

test('names that are too long, of several lines, hostile or invisible are refused', () => {
  const cases: Record<string, string[]> = {
    too_long: ['a'.repeat(101), '👍'.repeat(101), 'a'.repeat(100_000)],
    forbidden_characters: ['a\u0000', 'a\nb', 'a\tb', 'a\u0085', 'a\u2028b', '\ud800', 'gpj\u202e.exe', 'a\u2066'],
    too_many_combining_marks: [`a${'\u0301'.repeat(21)}`],
    empty: [
      '',
      '\u200b',
      '\u200d\u2060\ufeff',
      '\u200e\u200f',
      '\u3164',
      '\u2800',
      '\u00ad',
      '\u0301',
      '\u{e0020}',
      '\ufe0f',
    ],
  };
  for (const [reason, names] of Object.entries(cases)) {
    for (const name of names) assert.equal(nameFault(name, 100), reason, JSON.stringify(name));
  }
});

test('accents, case, width and white space do not matter to a search', () => {
  const same = [
    ['Général', 'GENERAL', 'ge\u0301ne\u0301ral', ' général '],
    ['Straße', 'STRASSE', 'STRAẞE', 'ＳＴＲＡＳＳＥ', 'stra\u00adsse'],
    ['İstanbul', 'istanbul', 'ISTANBUL', 'ıstanbul'],
    ['ΟΔΟΣ', 'οδός', 'Οδοσ'],
    ['Søren Ærø', 'soren  aero', 'SØREN\u00a0ÆRØ'],
    ['Łódź', 'lodz'],
    ['ﬁn', 'FIN'],
    ['שָׁלוֹם', 'שלום'],
    ['Đặng', 'dang'],
  ];
  for (const group of same) assert.equal(new Set(group.map(foldForSearch)).size, 1, group.map(foldForSearch).join('|'));
});

test('letters that are not accents stay apart', () => {
  assert.notEqual(foldForSearch('が'), foldForSearch('か'));
  assert.notEqual(foldForSearch('कि'), foldForSearch('क'));
  assert.equal(foldForSearch('각'), '각');
});

test('folding twice is folding once, and case never matters', () => {
  fc.assert(
    fc.property(anyText, (text) => foldForSearch(foldForSearch(text)) === foldForSearch(text)),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(anyText, (text) => foldForSearch(text.toUpperCase()) === foldForSearch(text)),
    { numRuns: 2000 },
  );
});

test('what LIKE would interpret is escaped', () => {
  assert.equal(likePattern('50%_\\ok'), '50\\%\\_\\\\ok');
  assert.equal(likePattern('[a]*?'), '[a]*?');
});
