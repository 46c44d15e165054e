import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalEmoji } from './emoji.ts';

const VS16 = '\ufe0f';
const TONES = ['🏻', '🏼', '🏽', '🏾', '🏿'];
const everySingle = Array.from({ length: 0x20000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code));

test('every emoji of one character is taken as it is drawn, with or without what asks for it', () => {
  let found = 0;
  for (const character of everySingle) {
    const [bare, asked] = [canonicalEmoji(character), canonicalEmoji(character + VS16)];
    assert.equal(bare, asked, character);
    if (bare === undefined) continue;
    found++;
    assert.equal(bare, /\p{Emoji_Presentation}/u.test(character) ? character : character + VS16);
  }
  assert.ok(found > 1_300, `${found}`);
});

test('keycaps, flags, skin tones and sequences have one form each', () => {
  const whole = [
    ...[...'0123456789#*'].map((key) => `${key}${VS16}\u20e3`),
    ...['🇫🇷', '🇺🇳', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '🏴‍☠️', '🏳️‍🌈', '🏳️‍⚧️', '👁️‍🗨️', '❤️', '❤️‍🔥', '☝️', '🐻‍❄️', '🙂‍↔️', '⛓️‍💥', '👨‍👩‍👧‍👦', '👩‍❤️‍💋‍👨'],
    ...TONES.flatMap((tone) => [`👍${tone}`, `☝${tone}`, `⛹${tone}‍♂️`, `👩${tone}‍❤️‍💋‍👨🏿`, `🧑${tone}‍⚕️`]),
  ];
  for (const emoji of whole) {
    assert.equal(canonicalEmoji(emoji), emoji);
    assert.equal(canonicalEmoji(emoji.replaceAll(VS16, '')), emoji);
    assert.equal(canonicalEmoji(emoji.replace(VS16, '')), emoji);
  }
  assert.equal(canonicalEmoji(`👍${VS16}`), '👍');
  assert.equal(canonicalEmoji(`👍🏽${VS16}`), '👍🏽');
});

test('anything else is none', () => {
  const none = [
    ...['', ' ', 'a', '1', '#', '+1', ':thumbsup:', 'é', '日', '\u0000', '\ud83d', '\udc4d', VS16, '\u200d', '\u20e3'],
    ...[
      '👍👍',
      '👍 ',
      ' 👍',
      '👍a',
      '👍\n',
      '\n👍',
      '👍\u0000',
      '👍\u0301',
      '👍\u200d',
      '\u200d👍',
      '👍\u200b',
      '👍\u202e',
    ],
    ...[`👍${VS16}${VS16}`, `${VS16}👍`, '👍\ufe0e', '❤\ufe0e', '1\ufe0e\u20e3', '1\u20e3\u20e3', 'a\ufe0f\u20e3'],
    ...['🇫', '🇫🇽', '🇫🇷🇫', '🏴󠁧󠁢', '🏴󠁸󠁸󠁸󠁿', '🏻🏻', '👍🏻🏻', '😀🏻', '🐶🏻', '👩‍🐶', '👩‍', '❤️‍❤️', '👁️‍🗨️‍👁️'],
    ...['a\u200d👍', '🀄︎', 'ℹ\ufe0e', '\u{e0067}', '\u{f0000}', '\u{10ffff}', '👨‍👩‍👧‍👦'.repeat(10), '❤'.repeat(1_000)],
  ];
  for (const text of none) assert.equal(canonicalEmoji(text), undefined, JSON.stringify(text));
});
