import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  avatarUrlFault,
  displayNameFault,
  emailFault,
  emailKey,
  nameKey,
  statusMessageFault,
  usernameFault,
} from './names.ts';

type Judge = (text: string) => string | undefined;

function expect(judge: Judge, reason: string | undefined, texts: string[]): void {
  for (const text of texts) assert.equal(judge(text), reason, JSON.stringify(text));
}

test('user names: 3 to 50 of letters, digits, _ and -', () => {
  expect(usernameFault, undefined, [
    'bob',
    'jane_smith',
    '---',
    '___',
    '123',
    'a'.repeat(50),
    'administrator',
    'roots',
  ]);
  expect(usernameFault, 'too_short', ['', 'a', 'ab']);
  expect(usernameFault, 'too_long', ['a'.repeat(51), 'a'.repeat(100_000)]);
  expect(usernameFault, 'forbidden_characters', [
    'jané',
    'a b',
    ' bob',
    'bob\n',
    'a.b',
    'a@b',
    '日本語',
    'bob\u0000',
    'вob',
  ]);
});

test('reserved user names are refused in any case, but the first account may be admin', () => {
  expect(usernameFault, 'reserved', ['admin', 'ADMIN', 'System', 'everyone', 'here', 'deleted', 'moderator', 'root']);
  expect(usernameFault, 'reserved', ['support', 'Veza']);
  const first: Judge = (name) => usernameFault(name, { first: true });
  expect(first, undefined, ['admin', 'Admin']);
  expect(first, 'reserved', ['root', 'veza']);
  assert.equal(usernameFault('admin', { first: false }), 'reserved');
});

test('what passes as a user name matches the documented pattern, and the other way round', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'abZ09_-. é'), maxLength: 60 }), (name) => {
      assert.equal(usernameFault(name) === undefined, /^[A-Za-z0-9_-]{3,50}$/.test(name));
    }),
  );
  assert.equal(nameKey('Jane_Smith'), 'jane_smith');
});

test('display names: 1 to 100 characters after trimming', () => {
  expect(displayNameFault, undefined, ['J', 'Jane Smith', ' Jané ', '山田 太郎', '👩‍🚀', `  ${'a'.repeat(100)}  `]);
  expect(displayNameFault, 'too_long', ['a'.repeat(101)]);
  expect(displayNameFault, 'empty', ['', '   ', '\u200b']);
  expect(displayNameFault, 'forbidden_characters', ['a\nb', 'a\u0000', '\udc00', '\u202eevil']);
});

test('plausible e-mail addresses pass', () => {
  const long = `${'a'.repeat(60)}@${`${'b'.repeat(60)}.`.repeat(3)}example`;
  expect(emailFault, undefined, ['a@b', 'jane.smith+tag@example.com', ' Jane@Example.COM ', 'josé@exämple.fr', long]);
  expect(emailFault, undefined, ["o'neil@example.com", `${'a'.repeat(64)}@example.com`, 'admin@localhost']);
});

test('implausible e-mail addresses do not', () => {
  expect(emailFault, 'not_an_email', [
    '',
    'a',
    '@',
    'a@',
    '@b',
    'a@b@c',
    'a b@c',
    'a@b c',
    'a@b\nBcc: x@y',
    'a\u0000@b',
  ]);
  expect(emailFault, 'not_an_email', [
    '.a@b',
    'a.@b',
    'a..b@c',
    'a@.b',
    'a@b.',
    'a@b..c',
    'Jane <a@b>',
    'a@b,c@d',
    '"a"@b',
  ]);
  expect(emailFault, 'not_an_email', [
    `${'a'.repeat(65)}@b`,
    `a@${'b'.repeat(64)}`,
    'a\u200b@b',
    '\ud800@b',
    'a\u00a0b@c',
  ]);
  expect(emailFault, 'too_long', [`a@${'b.'.repeat(130)}c`, 'a'.repeat(1_000_000)]);
});

test('e-mail addresses differ neither by case nor by space around them', () => {
  assert.equal(emailKey(' Jane@Example.COM\n'), 'jane@example.com');
});

test('avatars: http and https URLs, and files of this server', () => {
  expect(avatarUrlFault, undefined, [
    'https://example.com/a.png',
    'http://x',
    'https://exämple.fr/é?x=1#y',
    'HTTPS://X/',
  ]);
  expect(avatarUrlFault, undefined, [
    '/api/v1/files/12',
    '/api/v1/files/12/thumbnail?size=64',
    '/api/v1/files/12/download',
  ]);
  expect(avatarUrlFault, undefined, [`https://x/${'a'.repeat(2038)}`]);
  expect(avatarUrlFault, 'too_long', [`https://x/${'a'.repeat(2039)}`]);
});

test('no other kind of URL is an avatar', () => {
  expect(avatarUrlFault, 'not_a_url', [
    '',
    'x',
    'javascript:alert(1)',
    'data:image/png;base64,',
    'ftp://x/',
    '//x/a.png',
  ]);
  expect(avatarUrlFault, 'not_a_url', [
    'https://',
    'https:///x',
    'https:\\\\x',
    'https://a b/',
    'https://x/\n',
    ' https://x/',
  ]);
  expect(avatarUrlFault, 'not_a_url', [
    'https://me:secret@x/',
    'https://me@x/',
    'https://x/"><script>',
    'https://[::1',
    'https://x:99999/',
  ]);
  expect(avatarUrlFault, 'not_a_url', [
    '/api/v1/files/',
    '/api/v1/files/../users',
    '/api/v1/files/1/../../x',
    '/api/v1/users/me',
  ]);
  expect(avatarUrlFault, 'not_a_url', [
    '/api/v1/files/1\\..',
    '/api/v1/files/%2e%2e/x',
    'https://x/\ud800',
    'java\nscript:1',
  ]);
});

test('status messages: at most 200 characters', () => {
  expect(statusMessageFault, undefined, ['', 'In a meeting', '👍'.repeat(200), 'a'.repeat(200)]);
  expect(statusMessageFault, 'too_long', ['a'.repeat(201), '👍'.repeat(201), 'a'.repeat(100_000)]);
  expect(statusMessageFault, 'forbidden_characters', ['a\u0000', 'a\u001b[31m', '\ud800']);
  expect(statusMessageFault, 'too_many_combining_marks', [`a${'\u0300'.repeat(21)}`]);
});
