import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { contentFault } from './content.ts';

const reason = (content: string, max = 2000) => contentFault(content, max)?.reason;

test('ordinary texts pass, in any script', () => {
  for (const text of [
    'hello',
    'Salut tout le monde ! 👋',
    '日本語',
    'e\u0301\u0323',
    '\u202eabc',
    'a\nb\tc',
    '👨‍👩‍👧‍👦',
    '.',
  ]) {
    assert.equal(contentFault(text, 2000), undefined, text);
  }
});

test('the limit counts code points: at it, one above, far above', () => {
  for (const letter of ['a', 'é', '日', '👍']) {
    assert.equal(contentFault(letter.repeat(2000), 2000), undefined, letter);
    for (const length of [2001, 50_000]) {
      assert.deepEqual(contentFault(letter.repeat(length), 2000), {
        code: 'MESSAGE_TOO_LONG',
        reason: 'too_long',
        max_length: 2000,
        actual_length: length,
      });
    }
  }
});

test('the count is that of iteration for any string, broken surrogates included', () => {
  const units = fc.array(fc.constantFrom('a', 'é', '\ud83d', '\udc4d', '👍'), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(units, (parts) => {
      const text = parts.join('');
      assert.equal(contentFault(text, 0)?.actual_length, [...text].length);
    }),
  );
});

test('U+0000 and lone surrogates are refused wherever they stand', () => {
  for (const bad of ['\u0000', '\ud800', '\udfff', '\udc4d\ud83d']) {
    for (const text of [bad, `a${bad}`, `${bad}a`, `日本${bad}語`]) {
      assert.deepEqual(contentFault(text, 2000), { code: 'VALIDATION_FAILED', reason: 'forbidden_characters' });
    }
  }
});

test('twenty combining marks in a row are allowed, twenty-one are not', () => {
  for (const mark of ['\u0301', '\u20dd', '\ufe0f', '\u{1e8d0}', '\u0903']) {
    assert.equal(reason(`a${mark.repeat(20)}b${mark.repeat(20)}`), undefined, mark);
    assert.equal(reason(`a${mark.repeat(21)}`), 'too_many_combining_marks', mark);
    assert.equal(reason(mark.repeat(1000)), 'too_many_combining_marks', mark);
  }
});

test('nothing and white space alone are empty', () => {
  for (const text of ['', ' ', '\n\t\r\n', '\u00a0\u2003\u3000\ufeff', ' '.repeat(2000)]) {
    assert.deepEqual(contentFault(text, 2000), { code: 'VALIDATION_FAILED', reason: 'empty' });
  }
});

test('"empty" is the last judgement, so that it may be ignored where files hang on the message', () => {
  assert.equal(reason(' '.repeat(2001)), 'too_long');
  assert.equal(reason(' \u0000 '), 'forbidden_characters');
});
