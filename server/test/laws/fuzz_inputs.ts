import fc from 'fast-check';
import type { Route } from '../../src/http/route.ts';
import { hostileBodies, hostileJson, hostileParameters } from './hostile_values.ts';
import { sampleBody, type Things } from './sample_requests.ts';

export const callers = ['admin', 'member', 'outsider', 'stranger'] as const;

/** One request of somebody to a route: more or less what its schemas ask for, with the names of things where their ids will stand. */
export interface FuzzInput {
  readonly who: (typeof callers)[number];
  readonly path: string;
  readonly query: string;
  readonly body: string | Buffer | undefined;
  readonly headers: Record<string, string>;
}

/** Stands for the id of a thing that is there when the request is sent. */
const placeOf = (name: string) => `«${name}»`;

/** A text with the ids of present things in their places. */
export function filled(text: string, things: Things): string {
  return text.replace(/«(\w+)»/g, (_, name: keyof Things) => String(things[name]));
}

/** As much of JSON Schema as the routes use. */
interface Schema {
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

const often = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 5, arbitrary: usual }, { weight: 1, arbitrary: other });
const anyText = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.string({ unit: 'binary', maxLength: 30 }));

/** Values that fit a schema, or nearly. */
function valuesOf(schema: Schema): fc.Arbitrary<unknown> {
  const { anyOf, type, properties, items } = schema;
  if (anyOf) return fc.oneof(...anyOf.map(valuesOf));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if ('const' in schema) return fc.constant(schema.const);
  if (type === 'integer' || type === 'number') return numbersOf(schema);
  if (type === 'boolean') return fc.boolean();
  if (type === 'null') return fc.constant(null);
  if (type === 'string') return textsOf(schema);
  if (type === 'array') return fc.array(valuesOf(items ?? {}), { maxLength: Math.min((schema.maxItems ?? 4) + 1, 12) });
  if (properties && Object.keys(properties).length > 0) {
    const fields = Object.entries(properties).map(([key, value]) => [key, valuesOf(value)] as const);
    return fc.record(Object.fromEntries(fields), { requiredKeys: [...(schema.required ?? [])] });
  }
  return type === 'object'
    ? fc.dictionary(anyText, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 })
    : fc.jsonValue({ maxDepth: 3 });
}

function numbersOf({ minimum = -10, maximum = Number.MAX_SAFE_INTEGER }: Schema): fc.Arbitrary<unknown> {
  const small = fc.integer({ min: minimum, max: Math.min(maximum, minimum + 120) });
  return often(small, fc.constantFrom(minimum, maximum, minimum - 1, maximum + 1));
}

function textsOf({ pattern, format, maxLength }: Schema): fc.Arbitrary<unknown> {
  if (pattern !== undefined) return often(fc.stringMatching(new RegExp(pattern)), anyText);
  if (format === 'date-time')
    return often(
      fc.date({ noInvalidDate: true }).map((date) => date.toJSON()),
      anyText,
    );
  const edges = fc.constantFrom(...[maxLength ?? 1_000, (maxLength ?? 1_000) + 1].map((length) => 'x'.repeat(length)));
  return often(fc.oneof(anyText, fc.constantFrom('👍', '❤', 'someone@example.com', 'https://example.com/x')), edges);
}

const hostile = fc.oneof(fc.constantFrom(...hostileJson), fc.json({ maxDepth: 2 }));

/** Bodies as texts: fields that fit, others in their place, some missing, some too many; now and then no object at all. */
function bodiesOf(route: Route, things: Things): fc.Arbitrary<string | Buffer | undefined> {
  const { properties = {}, required = [] } = (route.body ?? {}) as Schema;
  const sample = sampleBody(route, things) ?? {};
  const fields = Object.entries(properties).map(([name, schema]) => {
    const fitting = valuesOf(schema).map((value) => JSON.stringify(value));
    const known = [
      ...(name in sample ? [JSON.stringify(sample[name])] : []),
      ...(name in things ? [placeOf(name)] : []),
    ];
    const usual = fc.oneof(fitting, ...known.map((text) => fc.constant(text)));
    const given = fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: hostile });
    const isNeeded = required.includes(name);
    const written = given.map((text) => `${JSON.stringify(name)}:${text}`);
    return fc.option(written, { nil: undefined, freq: isNeeded ? 20 : 1 });
  });
  const extra = fc.tuple(anyText, hostile).map(([name, text]) => `${JSON.stringify(name)}:${text}`);
  const objects = fc.tuple(...fields).map((parts) => `{${parts.filter((part) => part !== undefined).join(',')}}`);
  const crowded = fc
    .tuple(objects, extra)
    .map(([text, more]) => text.replace('{', () => `{${more}${text === '{}' ? '' : ','}`));
  return fc.oneof(
    { weight: 12, arbitrary: objects as fc.Arbitrary<string | Buffer | undefined> },
    { weight: 2, arbitrary: crowded },
    { weight: 1, arbitrary: fc.oneof(hostile, anyText) },
    { weight: 1, arbitrary: fc.constantFrom(undefined, ...hostileBodies.map(({ body }) => body)) },
  );
}

const encoded = (text: unknown) => encodeURIComponent(String(text).toWellFormed());
const parameters = fc.oneof(fc.constantFrom(...hostileParameters), anyText.map(encoded));

function pathsOf({ path, params }: Route, things: Things): fc.Arbitrary<string> {
  const { properties = {} } = (params ?? {}) as Schema;
  const places = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const fitting = valuesOf(properties[name] ?? {}).map(encoded);
    const usual = name in things ? fc.constant(placeOf(name)) : fitting;
    return fc.oneof(
      { weight: 10, arbitrary: usual },
      { weight: 2, arbitrary: fitting },
      { weight: 1, arbitrary: parameters },
    );
  });
  return fc.tuple(...places).map((values) => {
    let next = 0;
    // An empty one would be another path.
    return path.replace(/\{\w+\}/g, () => values[next++] || '%20');
  });
}

function queriesOf({ query }: Route): fc.Arbitrary<string> {
  const { properties = {} } = (query ?? {}) as Schema;
  const pairs = Object.entries({ ...properties, surprise: {} }).map(([name, schema]) => {
    const given = fc.oneof(
      { weight: 6, arbitrary: valuesOf(schema).map(encoded) },
      { weight: 1, arbitrary: parameters },
    );
    return fc.option(
      given.map((text) => `${name}=${text}`),
      { nil: undefined, freq: 1 },
    );
  });
  const whole = fc.tuple(...pairs).map((parts) => parts.filter((part) => part !== undefined).join('&'));
  return fc.oneof(
    { weight: 12, arbitrary: whole },
    { weight: 1, arbitrary: fc.tuple(whole, whole).map((both) => both.join('&')) },
    { weight: 1, arbitrary: parameters },
  );
}

/** What a header may hold at all: visible bytes. */
const headerText = anyText.map((text) =>
  Buffer.from(text.toWellFormed())
    .toString('latin1')
    .replace(/[^\x20-\x7e\x80-\xff]/g, '')
    .trim(),
);
const telling: Readonly<Record<string, readonly string[]>> = {
  'accept-language': ['fr', 'fr-CH, en;q=0.5', '*;q=0', ',;=,'],
  'accept-encoding': ['gzip', 'br;q=1, *;q=0', 'identity;q=0'],
  'content-type': [
    'application/json',
    'application/json; charset=latin1',
    'text/plain',
    'multipart/form-data; boundary=b',
    '',
  ],
  'content-encoding': ['gzip', 'deflate', 'identity'],
  'idempotency-key': ['once', 'x'.repeat(255), 'x'.repeat(256), ''],
  'if-none-match': ['*', '"x"', 'W/"x", "y'],
  prefer: ['return=representation', 'return=minimal, wait=1', '='],
  range: ['bytes=0-0', 'bytes=-1', 'bytes=9-1', 'lines=1'],
  'user-agent': ['x'.repeat(2_000)],
  'x-audit-log-reason': ['spam', '%E2%98%95', '%00', 'x'.repeat(600)],
  traceparent: ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '00-0-0-0'],
  'x-forwarded-for': ['1.2.3.4, ::1', 'unknown'],
};
const headers = fc
  .array(
    fc
      .constantFrom(...Object.keys(telling))
      .chain((name) => fc.tuple(fc.constant(name), often(fc.constantFrom(...(telling[name] ?? [])), headerText))),
    { maxLength: 3 },
  )
  .map((pairs) => Object.fromEntries(pairs));

export function inputsOf(route: Route, things: Things): fc.Arbitrary<FuzzInput> {
  return fc.record({
    who: fc.oneof(
      { weight: 5, arbitrary: fc.constant('admin' as const) },
      { weight: 4, arbitrary: fc.constantFrom(...callers) },
    ),
    path: pathsOf(route, things),
    query: often(queriesOf(route), fc.constant('')),
    body: route.method === 'GET' ? fc.constant(undefined) : bodiesOf(route, things),
    headers: fc.oneof(
      { weight: 2, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: headers as fc.Arbitrary<Record<string, string>> },
    ),
  });
}
