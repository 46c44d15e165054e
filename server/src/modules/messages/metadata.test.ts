import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { metadataFault, storedMetadata } from './metadata.ts';

const reason = (metadata: unknown) => metadataFault(metadata)?.reason;
const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));

test('ordinary metadata passes', () => {
  for (const metadata of [{}, { client: 'web', n: 1.5, ok: true, no: null, list: [1, 'a', { b: [] }] }]) {
    assert.equal(metadataFault(metadata), undefined);
  }
});

test('only objects are metadata', () => {
  for (const bad of [null, undefined, 1, 'a', true, [], [{}], () => 1, new Date(0), new Map(), Symbol.iterator, 1n]) {
    assert.equal(reason(bad), 'not_an_object');
  }
});

test('what JSON cannot hold is refused inside as well, and nothing throws', () => {
  for (const bad of [undefined, Number.NaN, Number.POSITIVE_INFINITY, 1n, () => 1, Symbol.iterator, new Date(0)]) {
    assert.equal(reason({ a: bad }), 'not_json');
    assert.equal(reason({ a: [bad] }), 'not_json');
  }
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  assert.equal(reason(loop), 'too_deep');
  assert.equal(reason({ toJSON: () => 'x' }), 'not_json');
  assert.equal(reason({ a: new Array(3) }), 'not_json');
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

test('U+0000 and lone surrogates are refused in keys and values, at any depth', () => {
  for (const bad of ['\u0000', 'a\ud800', '\udfff']) {
    assert.equal(reason({ [bad]: 1 }), 'forbidden_characters');
    assert.equal(reason({ a: bad }), 'forbidden_characters');
    assert.equal(reason({ a: [{ b: bad }] }), 'forbidden_characters');
  }
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
  assert.equal(reason(JSON.parse('{"__proto__":{"a":"\\u0000"}}')), 'forbidden_characters');
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
