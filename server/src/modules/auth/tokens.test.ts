import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, randomBytes, sign as signRaw } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { createTokens, type TokenOptions } from './tokens.ts';

const secret = new Uint8Array(randomBytes(32));
const START = Date.UTC(2024, 0, 15);
const NOW = START / 1000;
const bob = { sub: 5, username: 'bob', role: 'user', sid: 'session-1' };

function tokensAt(overrides: Partial<TokenOptions> = {}) {
  const clock = { now: START };
  const options = { secret, issuer: 'veza', audience: 'veza-clients', now: () => clock.now, ...overrides };
  return { clock, tokens: createTokens(options) };
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString());
const good = { sub: '5', sid: 's', iat: NOW, exp: NOW + 900, iss: 'veza', aud: 'veza-clients' };

/** A token with any header and claims, properly signed with the secret. */
function forged(claims: unknown, header: unknown = { alg: 'HS256' }, key: string | Uint8Array = secret): string {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}

async function expectRefused(token: string, why: string): Promise<void> {
  const { tokens } = tokensAt();
  assert.equal(await tokens.verify(token), undefined, why);
  const cached = tokens.verifyCached(token);
  assert.ok(cached === undefined || cached === 'unknown', why);
}

test('a token says who it is for, and all claims it has', async () => {
  const { tokens } = tokensAt();
  const token = await tokens.sign(bob);
  const [header, claims] = token.split('.').map((part, i) => (i < 2 ? decode(part) : part));
  assert.deepEqual(header, { alg: 'HS256', typ: 'JWT' });
  const { jti, ...rest } = claims;
  assert.match(jti, /^[\da-f-]{36}$/);
  assert.deepEqual(rest, { ...good, sid: 'session-1', username: 'bob', role: 'user' });
  assert.notEqual(await tokens.sign(bob), token);
});

test('a token is valid until the second in which it expires, cached or not', async () => {
  const { clock, tokens } = tokensAt();
  const token = await tokens.sign(bob);
  const claims = { sub: 5, sid: 'session-1', exp: NOW + 900 };
  assert.deepEqual(tokens.verifyCached(token), claims);
  const fresh = () => tokensAt({ now: () => clock.now }).tokens;
  assert.deepEqual(await fresh().verify(token), claims);
  clock.now += 899_999;
  assert.deepEqual(await fresh().verify(token), claims);
  assert.deepEqual(await tokens.verify(token), claims);
  clock.now += 1;
  assert.equal(tokens.verifyCached(token), undefined);
  assert.equal(await fresh().verify(token), undefined);
  assert.equal(await tokens.verify(token), undefined);
});

test('a token is unknown to the cache until it was verified', async () => {
  const token = await tokensAt().tokens.sign(bob);
  const { tokens } = tokensAt();
  assert.equal(tokens.verifyCached(token), 'unknown');
  await tokens.verify(token);
  assert.deepEqual(tokens.verifyCached(token), { sub: 5, sid: 'session-1', exp: NOW + 900 });
});

test('the lifetime can be set', async () => {
  const { tokens } = tokensAt({ lifetimeSeconds: 60 });
  assert.equal((await tokens.verify(await tokens.sign(bob)))?.exp, NOW + 60);
});

test('the cache is bounded', async () => {
  const { tokens } = tokensAt();
  const first = forged(good);
  await tokens.verify(first);
  for (let i = 1; i <= 10_000; i++) await tokens.verify(forged({ ...good, jti: i }));
  assert.equal(tokens.verifyCached(first), 'unknown');
});

test('a good token made elsewhere with the secret is accepted', async () => {
  assert.deepEqual(await tokensAt().tokens.verify(forged(good)), { sub: 5, sid: 's', exp: NOW + 900 });
});

test('claims that are missing, wrong or of the wrong type are refused', async () => {
  const changes: Record<string, unknown>[] = [
    { exp: NOW },
    { exp: NOW - 1 },
    { exp: undefined },
    { exp: '9999999999' },
    { exp: null },
    { nbf: NOW + 1 },
    { iss: 'other' },
    { iss: undefined },
    { aud: 'other' },
    { aud: undefined },
    { aud: [] },
    { sid: undefined },
    { sid: '' },
    { sid: 1 },
  ];
  for (const sub of [undefined, 5, '', '0', '-1', '05', '5.0', '1e3', ' 5', '9007199254740992', 'bob'])
    changes.push({ sub });
  for (const change of changes) await expectRefused(forged({ ...good, ...change }), JSON.stringify(change));
});

test('only HS256 is accepted, whatever a header asks for', async () => {
  const unsigned = `${encode({ alg: 'none' })}.${encode(good)}.`;
  await expectRefused(unsigned, 'alg none');
  await expectRefused(unsigned.slice(0, -1), 'alg none, two parts');
  for (const alg of ['none', 'None', 'HS384', 'HS512', 'RS256', 'hs256', '', undefined, null, 256]) {
    await expectRefused(forged(good, { alg }), `alg ${alg}`);
  }
  await expectRefused(forged(good, { alg: 'HS256', crit: ['x'], x: 1 }), 'unknown crit');
  await expectRefused(forged(good, { alg: 'HS256', crit: [] }), 'empty crit');
  await expectRefused(forged(good, { alg: 'HS256', b64: false, crit: ['b64'] }), 'unencoded payload');
  await expectRefused(forged(good, []), 'no header');
});

test('asymmetric signatures and public keys as secrets are refused', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const text = `${encode({ alg: 'RS256' })}.${encode(good)}`;
  await expectRefused(`${text}.${signRaw('sha256', Buffer.from(text), privateKey).toString('base64url')}`, 'RS256');
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  await expectRefused(forged(good, { alg: 'HS256' }, pem), 'HMAC by public key');
  await expectRefused(forged(good, { alg: 'HS256', jwk: { kty: 'oct', k: 'AAAA' } }, Buffer.alloc(3)), 'own key');
  await expectRefused(forged(good, { alg: 'HS256' }, randomBytes(32)), 'other secret');
});

test('what is not a token is refused', async () => {
  const [header, claims, signature] = forged(good).split('.');
  for (const bad of [
    '',
    '.',
    '..',
    '...',
    'x',
    'null',
    `${header}.${claims}`,
    `${header}.${claims}.`,
    `.${claims}.${signature}`,
  ]) {
    await expectRefused(bad, bad);
  }
  await expectRefused(`${header}.${claims}.${signature}.x`, 'four parts');
  await expectRefused(`${header}.${claims}.%%%`, 'bad base64');
  await expectRefused(`${header}.${Buffer.from('not json').toString('base64url')}.${signature}`, 'not JSON');
  for (const payload of ['text', 1, null, [good]]) await expectRefused(forged(payload), JSON.stringify(payload));
  await expectRefused(forged({ ...good, pad: 'x'.repeat(4096) }), 'huge');
  await expectRefused('x'.repeat(10_000_000), 'far too huge');
});

test('no change of a token goes unnoticed', async () => {
  const token = forged(good);
  const { tokens } = tokensAt();
  const [, , signature = ''] = token.split('.');
  await fc.assert(
    // The last character holds two bits that do not belong to the signature.
    fc.asyncProperty(fc.nat(token.length - 2), fc.constantFrom(...'aZ0_-.= \u00e9'), async (at, letter) => {
      if (token[at] === letter) return;
      const changed = token.slice(0, at) + letter + token.slice(at + 1);
      assert.equal(await tokens.verify(changed), undefined, changed);
    }),
  );
  assert.equal(signature.length, 43);
});

test('a secret that is too short is refused at once', () => {
  for (const length of [0, 16, 31]) assert.throws(() => tokensAt({ secret: new Uint8Array(length) }), RangeError);
});
