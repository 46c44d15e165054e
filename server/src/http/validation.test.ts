import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TSchema, Type } from 'typebox';
import { type Config, readConfig } from '../config.ts';
import { isDateTime } from '../timestamp.ts';
import { createChecks } from './validation.ts';

const checkOf = createChecks(readConfig({}));
const faults = (schema: TSchema, value: unknown) => checkOf(schema)(value, 'body');
const only = (schema: TSchema, value: unknown) => {
  const found = faults(Type.Object({ a: schema }), { a: value });
  assert.equal(found?.length, 1, JSON.stringify(found));
  const { field, ...rest } = found?.[0] ?? { field: '', reason: '' };
  assert.equal(field, 'a');
  return rest;
};

test('nothing wrong, nothing found', () => {
  assert.equal(faults(Type.Object({ a: Type.String() }), { a: 'x' }), undefined);
});

test('each keyword has its word, and says what would do', () => {
  assert.deepEqual(only(Type.Integer(), 1.5), { reason: 'wrong_type', expected: 'integer' });
  assert.deepEqual(only(Type.Integer({ minimum: 1 }), 0), { reason: 'too_small', minimum: 1 });
  assert.deepEqual(only(Type.Integer({ maximum: 9 }), 10), { reason: 'too_large', maximum: 9 });
  assert.deepEqual(only(Type.String({ minLength: 2 }), 'x'), { reason: 'too_short', min_length: 2 });
  assert.deepEqual(only(Type.String({ maxLength: 2 }), 'xyz'), { reason: 'too_long', max_length: 2 });
  assert.deepEqual(only(Type.String({ pattern: '^x$' }), 'y'), { reason: 'pattern', pattern: '^x$' });
  assert.deepEqual(only(Type.String({ format: 'date-time' }), 'y'), { reason: 'format', expected: 'date-time' });
  assert.deepEqual(only(Type.Array(Type.Integer(), { maxItems: 1 }), [1, 2]), { reason: 'too_many', maximum: 1 });
  assert.deepEqual(only(Type.Array(Type.Integer(), { minItems: 1 }), []), { reason: 'too_few', minimum: 1 });
  assert.deepEqual(only(Type.Array(Type.Integer(), { uniqueItems: true }), [1, 1]), { reason: 'repeated' });
  assert.deepEqual(only(Type.Enum(['x', 'y']), 'z'), { reason: 'not_one_of', allowed: ['x', 'y'] });
  assert.deepEqual(only(Type.Union([Type.Literal('x'), Type.Literal('y')]), 'z'), {
    reason: 'not_one_of',
    allowed: ['x', 'y'],
  });
});

test('a rule is asked with the rest, of values of its kind, and says why in a word or with what would do', () => {
  const even = (value: number) => (value % 2 === 0 ? undefined : 'odd');
  const schema = Type.Object(
    {
      count: Type.Integer({ rule: even }),
      name: Type.Union([Type.String({ rule: () => ({ reason: 'taken', by: 'bob' }) }), Type.Null()]),
      members: Type.Integer({
        rule: (_: number, { MAX_ROOM_MEMBERS }: Config) => ({ reason: `over_${MAX_ROOM_MEMBERS}` }),
      }),
      limit: Type.Integer({ maximum: 9, rule: even }),
    },
    { additionalProperties: false },
  );
  assert.deepEqual(faults(schema, { count: 1, name: 'x', members: 1, limit: 10, more: 1 }), [
    { field: 'more', reason: 'unknown_field' },
    { field: 'count', reason: 'odd' },
    { field: 'name', reason: 'taken', by: 'bob' },
    { field: 'members', reason: 'over_10000' },
    { field: 'limit', reason: 'too_large', maximum: 9 },
  ]);
  assert.deepEqual(
    faults(schema, { count: 'x', name: [], members: null, limit: 2 })?.map(({ reason }) => reason),
    ['wrong_type', 'wrong_type', 'wrong_type'],
  );
});

test('lengths count code points', () => {
  assert.equal(faults(Type.Object({ a: Type.String({ maxLength: 2 }) }), { a: '👍👍' }), undefined);
  assert.equal(only(Type.String({ maxLength: 2 }), '👍👍👍').reason, 'too_long');
});

test('a nullable field says what its own kind says', () => {
  const nullable = Type.Union([Type.String({ maxLength: 2 }), Type.Null()]);
  assert.equal(faults(Type.Object({ a: nullable }), { a: null }), undefined);
  assert.deepEqual(only(nullable, 'xyz'), { reason: 'too_long', max_length: 2 });
  assert.deepEqual(only(nullable, 7), { reason: 'wrong_type', expected: ['string', 'null'] });
});

test('fields are named as they are reached', () => {
  const schema = Type.Object(
    { a: Type.Object({ 'b/c~d': Type.Integer() }), list: Type.Array(Type.Integer()), need: Type.String() },
    { additionalProperties: false },
  );
  const found = faults(schema, { a: { 'b/c~d': 'x' }, list: [1, 'x'], more: 1, __proto__: 1 });
  assert.deepEqual(found?.map(({ field, reason }) => `${field} ${reason}`).sort(), [
    'a.b/c~d wrong_type',
    'list.1 wrong_type',
    'more unknown_field',
    'need required',
  ]);
});

test('the value itself is named by its part', () => {
  for (const value of [[], 'x', 1, null, true])
    assert.deepEqual(faults(Type.Object({}), value)?.[0], { field: 'body', reason: 'wrong_type', expected: 'object' });
});

test('an own __proto__ is an unknown field like any other, and changes nothing', () => {
  const value = JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}');
  const found = faults(Type.Object({}, { additionalProperties: false }), value);
  assert.deepEqual(
    found?.map(({ field }) => field),
    ['__proto__', 'constructor'],
  );
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});

test('however much is wrong, at most twenty fields are named, with names cut short', () => {
  const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`${i}${'x'.repeat(500)}`, i]));
  const found = faults(Type.Object({}, { additionalProperties: false }), many);
  assert.equal(found?.length, 20);
  assert.ok(found?.every(({ field }) => field.length <= 121));
  const list = Array.from({ length: 20_000 }, () => 'x');
  assert.equal(faults(Type.Object({ a: Type.Array(Type.Integer()) }), { a: list })?.length, 20);
  assert.equal(only(Type.Array(Type.Integer(), { maxItems: 1 }), list).reason, 'too_many');
});

test('times are those of RFC 3339 that exist', () => {
  for (const good of [
    '2024-01-15T12:30:00Z',
    '2024-01-15T12:30:00.123Z',
    '2024-02-29T23:59:60+14:00',
    '2024-01-15t12:30:00z',
  ])
    assert.equal(isDateTime(good), true, good);
  for (const bad of [
    '',
    '2024-01-15',
    '2024-01-15T12:30:00',
    '2023-02-29T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-00-10T00:00:00Z',
    '2024-01-32T00:00:00Z',
    '2024-01-15T24:00:00Z',
    '2024-01-15T12:60:00Z',
    '2024-01-15T12:30:00+24:00',
    ' 2024-01-15T12:30:00Z',
    '２024-01-15T12:30:00Z',
  ])
    assert.equal(isDateTime(bad), false, bad);
});
