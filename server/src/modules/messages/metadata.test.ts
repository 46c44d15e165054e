import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { metadataFault, storedMetadata } from './metadata.ts';

const reason = (metadata: Record<string, unknown>) => metadataFault(metadata)?.reason;
const nested = (levels: number): Record<string, unknown> => ({ a: levels === 1 ? 1 : nested(levels - 1) });
const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));

test('ordinary metadata passes', () => {
  for (const metadata of [{}, { client: 'web', n: 1.5, ok: true, no: null, list: [1, 'a', { b: [] }] }]) {
    assert.equal(metadataFault(metadata), undefined);
  }
});

test('numbers that JSON can write and nobody can keep are refused', () => {
  for (const text of ['{"a":1e999}', '{"a":[{"b":-1e999}]}']) assert.equal(reason(JSON.parse(text)), 'not_json');
});

test('five levels are allowed, six and far more are not', () => {
  assert.equal(reason(nested(5)), undefined);
  assert.deepEqual(metadataFault(nested(6)), { reason: 'too_deep', max: 5 });
  assert.equal(reason(nested(2000)), 'too_deep');
  assert.equal(reason({ a: [[[[1]]]] }), undefined);
  assert.equal(reason({ a: [[[[[]]]]] }), 'too_deep');
});

test('thirty-two keys are allowed, nested ones counted', () => {
  assert.equal(reason(keys(32)), undefined);
  assert.deepEqual(metadataFault(keys(33)), { reason: 'too_many_keys', max: 32 });
  assert.equal(reason(keys(5000)), 'too_many_keys');
  assert.equal(reason({ a: keys(31) }), undefined);
  assert.equal(reason({ a: keys(16), b: [keys(15)] }), 'too_many_keys');
});

test('4 KiB of JSON text are allowed, counted in bytes', () => {
  const frame = JSON.stringify({ a: '' }).length;
  assert.equal(reason({ a: 'x'.repeat(4096 - frame) }), undefined);
  assert.equal(reason({ a: 'x'.repeat(4097 - frame) }), 'too_large');
  assert.equal(reason({ a: 'é'.repeat(2100) }), 'too_large');
  assert.equal(reason({ a: '"'.repeat(2100) }), 'too_large');
  assert.equal(reason({ a: 'x'.repeat(1_000_000) }), 'too_large');
  assert.equal(reason({ a: new Array(1_000_000).fill(0) }), 'too_large');
});

test("the sender's address is dropped at the top level, and there alone", () => {
  const stored = storedMetadata({ ip_address: '192.0.2.1', client: 'web', deep: { ip_address: 'mine' } });
  assert.equal(stored, '{"client":"web","deep":{"ip_address":"mine"}}');
  assert.equal(storedMetadata({}), '{}');
});

test('a key named __proto__ stays a key and changes no prototype', () => {
  const hostile = JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}}}');
  assert.equal(metadataFault(hostile), undefined);
  assert.equal(storedMetadata(hostile), '{"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}}}');
  assert.equal(({} as { admin?: boolean }).admin, undefined);
  assert.equal(reason(JSON.parse('{"__proto__":{"a":1e999}}')), 'not_json');
});

test('whatever passes is stored as a text that parses to the same and is its own fixed point', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), (sent) => {
      const metadata: Record<string, unknown> = JSON.parse(JSON.stringify(sent));
      if (metadataFault(metadata) !== undefined) return;
      const stored = storedMetadata(metadata);
      delete metadata.ip_address;
      assert.deepEqual(JSON.parse(stored), metadata);
      assert.equal(JSON.stringify(JSON.parse(stored)), stored);
    }),
  );
});
