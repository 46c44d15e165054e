import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import type { FieldFault } from '../errors.ts';
import { ignoredHeader, planOf, readPath, readQuery } from './parameters.ts';

const plan = planOf(
  Type.Object({
    limit: Type.Integer({ minimum: 1 }),
    before_id: Type.Optional(Type.Integer()),
    flag: Type.Optional(Type.Boolean()),
    share: Type.Optional(Type.Number()),
    types: Type.Optional(Type.Array(Type.String())),
    q: Type.Optional(Type.String()),
    role: Type.Optional(Type.Union([Type.Literal('owner'), Type.Literal('member')])),
  }),
);

function read(raw: string) {
  const faults: FieldFault[] = [];
  const { values, ignored } = readQuery(plan, raw, faults);
  return { values, ignored, faults: faults.map(({ field, reason }) => `${field} ${reason}`) };
}

const value = (raw: string, name: string) => (read(raw).values as Record<string, unknown>)[name];

test('texts become what the schema says', () => {
  assert.deepEqual(read('before_id=7&flag=true&share=0.5&types=a,b&q=x+y%2B%C3%A9&role=owner').values, {
    before_id: 7,
    flag: true,
    share: 0.5,
    types: ['a', 'b'],
    q: 'x y+é',
    role: 'owner',
  });
  assert.deepEqual(read('').values, {});
  assert.deepEqual(read('&&').values, {});
  assert.deepEqual(read('limit=2').values, { limit: 2 });
});

test('integers are written in one way only; a sign stays, so that the schema can say what is wrong', () => {
  for (const good of ['0', '1', '9007199254740991', '9999999999999999', '-1'])
    assert.equal(value(`limit=${good}`, 'limit'), Number(good));
  for (const bad of [
    '',
    '-',
    '01',
    '-01',
    '+1',
    '1.0',
    '1e3',
    '0x10',
    ' 1',
    '1 ',
    '1_000',
    '٣',
    '12345678901234567',
    'NaN',
    '1%00',
  ])
    assert.notEqual(typeof value(`limit=${encodeURI(bad)}`, 'limit'), 'number', bad);
});

test('booleans are true, false, 1 and 0', () => {
  assert.equal(value('flag=1', 'flag'), true);
  assert.equal(value('flag=0', 'flag'), false);
  for (const bad of ['', 'yes', 'TRUE', 'on', '2']) assert.equal(value(`flag=${bad}`, 'flag'), bad);
});

test('a parameter given twice is a fault, the same value or not', () => {
  assert.deepEqual(read('limit=1&limit=1').faults, ['limit repeated']);
  assert.deepEqual(read('limit=1&lim%69t=2').faults, ['limit repeated']);
});

test('encoding that cannot be read is a fault', () => {
  assert.deepEqual(read('q=%').faults, ['q malformed_encoding']);
  assert.deepEqual(read('q=%ff').faults, ['q malformed_encoding']);
  assert.deepEqual(read('q=%ED%A0%80').faults, ['q malformed_encoding']);
  assert.deepEqual(read('%zz=1').faults, ['query malformed_encoding']);
  assert.deepEqual(read('q=%00').faults, ['q forbidden_character']);
});

test('unknown parameters are put aside, whatever they are called', () => {
  assert.deepEqual(read('a=1&__proto__=2&constructor=3&limit=4'), {
    values: { limit: 4 },
    ignored: ['a', '__proto__', 'constructor'],
    faults: [],
  });
});

test('their names fit into a header', () => {
  assert.equal(ignoredHeader(['a', 'b', 'a']), 'a, b');
  assert.equal(ignoredHeader(['a b', 'é', 'x,y', '(z)', '\r\nX: 1']), 'a%20b, %C3%A9, x%2Cy, %28z%29, %0D%0AX%3A%201');
  const long = ignoredHeader(Array.from({ length: 2_000 }, (_, i) => `é`.repeat(1_000) + i));
  assert.ok(long.length < 20 * 70);
  assert.match(long, /^[!#$%&'*+.^_`|~0-9A-Za-z, -]+$/);
});

test('paths are converted alike', () => {
  const faults: FieldFault[] = [];
  const path = planOf(Type.Object({ id: Type.Integer(), name: Type.String() }));
  assert.deepEqual(readPath(path, { id: '7', name: '7' }, faults), { id: 7, name: '7' });
  assert.deepEqual(readPath(path, { id: '007', name: '' }, faults), { id: '007', name: '' });
  assert.deepEqual(faults, []);
  readPath(path, { id: '1', name: 'a\0' }, faults);
  assert.deepEqual(faults, [{ field: 'name', reason: 'forbidden_character' }]);
});
