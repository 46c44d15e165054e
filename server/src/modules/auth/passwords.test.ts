import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from '@node-rs/argon2';
import { ARGON2, createPasswords, DUMMY_HASH, isPasswordQueueFull, passwordFault } from './passwords.ts';

const { hashPassword, verifyPassword } = createPasswords();

test('a password fits its own hash and no other does', async () => {
  const stored = await hashPassword('correct horse');
  assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.equal(await verifyPassword(stored, 'correct horse'), true);
  for (const wrong of ['correct hors', 'correct horse ', 'Correct horse', '', 'x'.repeat(100_000), '\ud800']) {
    assert.equal(await verifyPassword(stored, wrong), false);
  }
});

test('the same password has another hash each time', async () => {
  assert.notEqual(await hashPassword('correct horse'), await hashPassword('correct horse'));
});

test('a password fits in whatever form its letters were written', async () => {
  const stored = await hashPassword('motdepasse\u00e9');
  assert.equal(await verifyPassword(stored, 'motdepassee\u0301'), true);
});

test('no account and no proper hash are simply false', async () => {
  for (const stored of [undefined, '', 'x', '$argon2id$', '$2b$10$abcdefghijklmnopqrstuv', DUMMY_HASH]) {
    assert.equal(await verifyPassword(stored, 'correct horse'), false);
  }
});

test('the hash for unknown names costs what the others do', () => {
  const { algorithm, memoryCost, timeCost, parallelism } = parseOptions(DUMMY_HASH);
  assert.deepEqual({ algorithm, memoryCost, timeCost, parallelism }, ARGON2);
});

test('passwords have 8 to 256 characters', () => {
  for (const good of ['12345678', 'x'.repeat(256), '👍'.repeat(8), '👍'.repeat(256), '        ']) {
    assert.equal(passwordFault(good), undefined);
  }
  for (const short of ['', '1234567', '👍'.repeat(7)]) assert.equal(passwordFault(short), 'too_short');
  for (const long of ['x'.repeat(257), 'x'.repeat(1_000_000)]) assert.equal(passwordFault(long), 'too_long');
  assert.equal(passwordFault('12345678\ud800'), 'forbidden_characters');
});

test('what does not find a place in the queue is refused by name, and the rest is served', async () => {
  const passwords = createPasswords(2, 3);
  const results = await Promise.allSettled(
    Array.from({ length: 7 }, () => passwords.verifyPassword(undefined, 'correct horse')),
  );
  assert.deepEqual(
    results.map(({ status }) => status),
    [...Array(5).fill('fulfilled'), 'rejected', 'rejected'],
  );
  const refused = results.at(-1);
  assert.ok(refused?.status === 'rejected' && isPasswordQueueFull(refused.reason));
  assert.equal(isPasswordQueueFull(new Error('other')), false);
  assert.equal(isPasswordQueueFull(undefined), false);
  assert.equal(await passwords.verifyPassword(undefined, 'once more'), false);
});

test('an attempt that throws gives its place back', async () => {
  const passwords = createPasswords(1, 0);
  // @ts-expect-error a number has no normal form
  await assert.rejects(passwords.hashPassword(1), TypeError);
  assert.match(await passwords.hashPassword('correct horse'), /^\$argon2id\$/);
});
