import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../errors.ts';
import { readJson } from './json.ts';

const read = (text: string) => readJson(Buffer.from(text));

function refused(bytes: Buffer | string) {
  try {
    readJson(Buffer.from(bytes as string));
  } catch (error) {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'VALIDATION_FAILED');
    return `${error.details.field} ${error.details.reason}`;
  }
  return assert.fail('it was taken');
}

const nested = (depth: number, inside = '1') => `${'{"a":'.repeat(depth)}${inside}${'}'.repeat(depth)}`;

test('JSON is read as JSON.parse reads it; the last of two equal keys wins', () => {
  assert.deepEqual(read('{"a": [1, "é👍", null], "a": 2}'), { a: 2 });
  assert.deepEqual(read(''), {});
  assert.equal(read('null'), null);
});

test('what is not JSON, or not UTF-8, is refused', () => {
  for (const bad of ['{', '{"a":}', "{'a':1}", '{"a":1}x', ' ', '\uFEFF{}', 'undefined', 'NaN', '{"a":01}'])
    assert.equal(refused(bad), 'body malformed_json', bad);
  for (const bad of [[0xff], [0x7b, 0xc0, 0x80, 0x7d], [0x22, 0xed, 0xa0, 0x80, 0x22], [0xf5, 0x80, 0x80, 0x80]])
    assert.equal(refused(Buffer.from(bad)), 'body not_utf8');
});

test('depth ends at 64, and far beyond it nothing breaks', () => {
  assert.doesNotThrow(() => read(nested(64)));
  assert.match(refused(nested(65)), /^a\.a.* too_deep$/);
  assert.match(refused(nested(10_000)), / too_deep$/);
  assert.match(refused('['.repeat(30_000) + ']'.repeat(30_000)), / too_deep$/);
  assert.equal(refused('['.repeat(60_000)), 'body malformed_json');
});

test('text that cannot be stored is named, in values and in names', () => {
  assert.equal(refused('{"content": "a\\u0000b"}'), 'content forbidden_character');
  assert.equal(refused('{"metadata": {"a": ["x", "\\ud800"]}}'), 'metadata.a.1 forbidden_character');
  assert.equal(refused('{"x": "\\udc00\\ud800"}'), 'x forbidden_character');
  assert.match(refused('{"a": {"\\u0000": 1}}'), /^a\..* forbidden_character$/);
  assert.equal(refused('"\\ud800"'), 'body forbidden_character');
  assert.deepEqual(read('"\\ud83d\\udc4d"'), '👍');
});

test('__proto__ stays data and pollutes nothing', () => {
  const value = read('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}');
  assert.deepEqual(Object.keys(value as object), ['__proto__', 'constructor']);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});
