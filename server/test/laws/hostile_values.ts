/** JSON texts for a field that wants something else, or less of it. */
export const hostileJson: readonly string[] = [
  ...['{}', '[]', 'null', 'true', 'false', '0', '1', '-1', '-0', '1.5', '-1e-7', '1e21', '1e400', '9007199254740993'],
  ...[
    '""',
    '" "',
    '"1"',
    '"true"',
    '"null"',
    '"a"',
    '"\\u0000"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"a\\udc00"',
    '"\\u202eabc"',
  ],
  ...['"\' or 1=1 --"', '"%00"', '"\\n"', '"{}"', '"0x10"', '"2024-02-30T00:00:00Z"', '"9999-12-31T23:59:59.9999Z"'],
  ...['[[]]', '[null]', '[1, "a", {}]', '{"a": {}}', '{"toString": 1}', '{"__proto__": {"admin": true}}'],
  ...['{"\\ud800": 1}', '{"": 1}', '[1e999]', '{"length": 1e9}'],
  JSON.stringify('x'.repeat(3_000)),
  JSON.stringify('x'.repeat(100_000)),
  JSON.stringify('\u0301'.repeat(1_000)),
  JSON.stringify('👩‍👩‍👧‍👦'.repeat(200)),
  '['.repeat(10_000) + ']'.repeat(10_000),
  `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
  `[${'0,'.repeat(9_999)}0]`,
];

/** Texts, already percent-encoded, for a parameter in a path or query that wants a number, a flag or one of a few words. */
export const hostileParameters: readonly string[] = [
  ...[
    '0',
    '-1',
    '-0',
    '+1',
    '1.5',
    '1e3',
    '0x10',
    '01',
    '00',
    'abc',
    '%20',
    '%201',
    '1%20',
    '1%0a',
    'null',
    'undefined',
  ],
  ...['NaN', 'Infinity', '%5B%5D', '%7B%7D', '1,2', '9007199254740992', '9007199254740993', '99999999999999999999'],
  ...[
    '%00',
    '1%00',
    '%ff',
    '%c3%28',
    '%ED%A0%80',
    '%',
    '%zz',
    '%EF%BC%91',
    '%D9%A1',
    "'%20or%201=1",
    '1%3Bdrop%20table%20users',
  ],
  ...['..%2f', '%2e%2e%2f%2e%2e%2fetc', '__proto__', 'constructor', 'toString', 'me', 'x'.repeat(3_000)],
];

/** Bodies that are no object in JSON, and headers that say or do something else. */
export const hostileBodies: readonly {
  readonly name: string;
  readonly body: string | Buffer;
  readonly headers?: Record<string, string>;
}[] = [
  ...['[]', '[{}]', '"text"', '""', 'null', 'true', '1', '1e999'].map((body) => ({ name: body, body })),
  ...['{', '{"a":}', '{} {}', "{'a': 1}", '{a: 1}', 'NaN', 'undefined', '/**/{}', '\u0000', '{"a": "\n"}'].map(
    (body) => ({
      name: `malformed ${JSON.stringify(body)}`,
      body,
    }),
  ),
  { name: 'a byte order mark', body: '\ufeff{"a": 1}' },
  { name: 'no UTF-8', body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]) },
  { name: 'an overlong form', body: Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d]) },
  { name: 'a prototype', body: '{"__proto__": {"isAdmin": true}}' },
  { name: 'a constructor', body: '{"constructor": {"prototype": {"isAdmin": true}}}' },
  { name: 'an unknown field', body: '{"surprise": 1}' },
  { name: 'too deep', body: `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}` },
  { name: 'too large', body: `{"a":"${'x'.repeat(70_000)}"}` },
  { name: 'plain text', body: '{"a": 1}', headers: { 'content-type': 'text/plain' } },
  { name: 'a form', body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
  { name: 'many parts', body: '--b\r\n\r\n--b--', headers: { 'content-type': 'multipart/form-data; boundary=b' } },
  { name: 'no type at all', body: '{"a": 1}', headers: { 'content-type': '' } },
  { name: 'nonsense for a type', body: '{"a": 1}', headers: { 'content-type': 'a; b=c; ;;' } },
  { name: 'latin 1', body: '{"a": 1}', headers: { 'content-type': 'application/json; charset=latin1' } },
  { name: 'gzip that is none', body: '{"a": 1}', headers: { 'content-encoding': 'gzip' } },
  { name: 'deflate', body: '{"a": 1}', headers: { 'content-encoding': 'deflate' } },
  { name: 'two encodings', body: '{"a": 1}', headers: { 'content-encoding': 'gzip, gzip' } },
];
