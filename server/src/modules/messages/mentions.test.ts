import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mentionCandidates, resolveMentions } from './mentions.ts';

const people = new Map(
  Object.entries({ ann: 1, bob: 2, jane: 3, jane_smith: 4, 'jane_smith-jr': 5, 'x-_y': 6, ['z'.repeat(50)]: 7 }),
);
const mentions = (content: string) => resolveMentions(content, (name) => people.get(name));

function expectAll(cases: Record<string, number[]>): void {
  for (const [content, ids] of Object.entries(cases)) assert.deepEqual(mentions(content), ids, JSON.stringify(content));
}

test('a mention starts the text or follows what is no part of a word', () => {
  expectAll({
    '@bob': [2],
    'hi @bob!': [2],
    '(@bob) [@ann] "@jane"': [2, 1, 3],
    'line\n@bob': [2],
    '👋@bob': [2],
    '❤️@bob': [2],
    '@@bob': [2],
    'ask @ann/@bob': [1, 2],
    'Thanks!@bob': [2],
    '**@bob** *@ann*': [2, 1],
    '你好@bob再见': [2],
    'a@bob': [],
    '1@bob': [],
    '_@bob': [],
    'é@bob': [],
    'e\u0301@bob': [],
    'ж@bob': [],
    '@ann@bob': [1],
  });
});

test('ids come in order of first appearance, each once, whatever the case', () => {
  expectAll({ '@bob @ann @BOB @Ann @jane': [2, 1, 3], '@JANE_Smith': [4] });
});

test('the longest name that exists wins, cut at - and _ alone', () => {
  expectAll({
    '@jane': [3],
    '@jane_smith': [4],
    '@jane_smith-jr': [5],
    '@jane_smith-jr-': [5],
    '@jane_smith_': [4],
    '@jane_smith_k': [4],
    '@jane_s': [3],
    '@jane-': [3],
    '__@jane__': [],
    '@jane__ and': [3],
    '@janet': [],
    '@jan': [],
    '@x-_y': [6],
    '@x-_yz': [],
    '@bob.': [2],
    "@bob's": [2],
  });
});

test('names have 3 to 50 characters', () => {
  expectAll({ '@': [], '@ bob': [], '@an': [], [`@${'z'.repeat(50)}`]: [7], [`@${'z'.repeat(51)}`]: [] });
  assert.deepEqual(mentions(`@${'z'.repeat(50)}_more`), [7]);
  assert.deepEqual(mentionCandidates(`@ab @${'z'.repeat(51)} @---`), ['---']);
});

test('code spans hide mentions', () => {
  expectAll({
    '`@bob`': [],
    '``@bob ` @ann``': [],
    '`` @bob `` @ann': [1],
    '`@bob': [2],
    '``@bob`': [2],
    '`a``@bob`': [],
    '\\`@bob`': [2],
    '\\\\`@bob`': [],
    '\\``@bob` @ann': [1],
    '`x\\` @bob `': [2],
    '`a`@bob': [2],
    '@bo`b`': [],
    '`one\nline @bob`': [],
    '`one\n\nparagraph @bob`': [2],
  });
});

test('code blocks hide mentions, to the end when never closed', () => {
  expectAll({
    '```\n@bob\n```\n@ann': [1],
    '```js @jane\n@bob\n```` \n@ann': [1],
    '~~~\n@bob\n```\n@ann\n~~~~\n@jane': [3],
    '````\n@bob\n```\n@ann': [],
    'see\n~~~\n@bob': [],
    '```\n@bob\n``` no end\n@ann': [],
    '```@bob``` @ann': [1],
    '> ```\n> @bob\n> ```\n@ann': [1],
    '> ~~~\n> @bob\n> ~~~\n@ann': [1],
    '- ```\n  @bob\n  ```\n@ann': [1],
    '```\r\n@bob\r\n```\r\n@ann': [1],
    '~~ @bob ~~': [2],
    '~~~@bob': [],
  });
});

test('URLs hide mentions', () => {
  expectAll({
    'http://x/@bob': [],
    'https://social.example/@bob/1?u=@ann @jane': [3],
    'HTTPS://X/@bob': [],
    'http://bob:secret@ann/': [],
    'ftp://@bob': [],
    'www.example.com/@bob': [],
    'medium.example/@bob': [],
    'medium.example:8080/a,@bob': [],
    '<http://x/>@bob': [2],
    '[@ann](http://x/@bob)': [1],
    '（http://x/）@bob': [2],
    './@bob': [2],
    'http:// @bob': [2],
  });
});

test('e-mail addresses hide mentions', () => {
  expectAll({
    'me@bob.example': [],
    'me+tag@bob': [],
    'me+@bob.example': [],
    'mailto:me@bob.example': [],
    '"the me"@bob.example': [],
    '用户@bob.example': [],
    'me-@bob': [2],
    '@bob.example': [2],
    'well... @bob.': [2],
  });
});

test('at most fifty people, the first fifty', () => {
  const lookup = (name: string) => (name.startsWith('u-') ? Number(name.slice(2)) : undefined);
  const text = Array.from({ length: 80 }, (_, i) => `@nobody${i} @u-${100 + i} @u-100`).join(' ');
  assert.deepEqual(
    resolveMentions(text, lookup),
    Array.from({ length: 50 }, (_, i) => 100 + i),
  );
});

test('the candidates are the names that can win', () => {
  assert.deepEqual(mentionCandidates('hello'), []);
  assert.deepEqual(mentionCandidates('@Jane_Smith- `@ann` @JANE'), ['jane_smith-', 'jane_smith', 'jane']);
  const many = Array.from({ length: 60 }, (_, i) => `@${i + 100}${'_'.repeat(60)}`).join(' ');
  assert.equal(mentionCandidates(many).length, 2400);
});

test('every name that resolving looks up is among the candidates, and nothing throws', () => {
  const pieces = ['@', '`', '``', '```\n', '~~~\n', '\n', ' ', 'jane', '_', '-', '.', '/', '://', '\\', 'é', '\u0301'];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), (parts) => {
      const content = parts.join('');
      const candidates = new Set(mentionCandidates(content));
      resolveMentions(content, (name) => {
        assert.ok(candidates.has(name), `${JSON.stringify(content)} ${name}`);
        return undefined;
      });
    }),
    { numRuns: 2000 },
  );
});

// A quadratic search would take minutes on each of these.
test('hostile texts take linear time', () => {
  const n = 300_000;
  const lengths = Array.from({ length: 700 }, (_, i) => '`'.repeat(i + 1)).join(' ');
  for (const piece of [
    '`',
    '` ',
    '\\',
    '@',
    '@abc ',
    '@a_-',
    '.a',
    'a://',
    '```\n',
    '>',
    '- ',
    '\t',
    '@abc.de+',
    'www.',
  ]) {
    assert.deepEqual(mentions(`${piece.repeat(n / piece.length)} ${lengths}\n~~~\n@bob`), []);
  }
});
