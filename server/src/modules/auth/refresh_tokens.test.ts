import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { hashToken, newRefreshToken, refreshSuccessor } from './refresh_tokens.ts';

const secret = randomBytes(32);

test('tokens carry 256 bits and are never the same', () => {
  const tokens = Array.from({ length: 100 }, newRefreshToken);
  for (const token of tokens) assert.match(token, /^veza_rt_[\w-]{43}$/);
  assert.equal(new Set(tokens).size, 100);
});

test('a token has one successor, of the same form, which depends on the secret', () => {
  const token = newRefreshToken();
  const successor = refreshSuccessor(secret, token);
  assert.match(successor, /^veza_rt_[\w-]{43}$/);
  assert.equal(refreshSuccessor(secret, token), successor);
  assert.notEqual(refreshSuccessor(randomBytes(32), token), successor);
  assert.notEqual(refreshSuccessor(secret, newRefreshToken()), successor);
  assert.notEqual(refreshSuccessor(secret, successor), token);
});

test('a chain of successors does not come back', () => {
  const chain = [newRefreshToken()];
  for (let i = 0; i < 100; i++) chain.push(refreshSuccessor(secret, chain.at(-1) as string));
  assert.equal(new Set(chain).size, 101);
});

test('the stored form is SHA-256, of any text', () => {
  assert.equal(hashToken(''), '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU');
  for (const text of ['x', '\u0000', '\ud800', 'x'.repeat(1_000_000)]) assert.match(hashToken(text), /^[\w-]{43}$/);
});
