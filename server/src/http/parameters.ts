import type { TObject, TSchema } from 'typebox';
import type { FieldFault } from '../errors.ts';

type Kind = 'integer' | 'number' | 'boolean' | 'array' | 'string';

/** What the schema of a query or path makes of each text: read once, when the route is made. */
export type ParameterPlan = ReadonlyMap<string, Kind>;

export function planOf(schema: TObject | undefined): ParameterPlan {
  return new Map(Object.entries(schema?.properties ?? {}).map(([name, property]) => [name, kindOf(property)]));
}

function kindOf(schema: TSchema): Kind {
  const { type, anyOf } = schema as { type?: string; anyOf?: TSchema[] };
  if (anyOf?.[0]) return kindOf(anyOf[0]);
  return type === 'integer' || type === 'number' || type === 'boolean' || type === 'array' ? type : 'string';
}

export interface ReadQuery {
  /** Without defaults: those are put in where the values are checked. */
  readonly values: unknown;
  readonly ignored: readonly string[];
}

const NONE: readonly string[] = [];

/**
 * Reads a query strictly: each parameter once, converted as its schema says or left as text for the schema to refuse.
 * Unknown parameters are named in `ignored`.
 */
export function readQuery(plan: ParameterPlan, raw: string, faults: FieldFault[]): ReadQuery {
  if (raw === '') return { values: {}, ignored: NONE };
  const values: Record<string, unknown> = {};
  const ignored: string[] = [];
  const seen = new Set<string>();
  for (const pair of raw.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    const text = decode(equals === -1 ? '' : pair.slice(equals + 1));
    if (name === undefined) {
      faults.push({ field: 'query', reason: 'malformed_encoding' });
      continue;
    }
    const kind = plan.get(name);
    if (kind === undefined) ignored.push(name);
    else if (seen.has(name)) faults.push({ field: name, reason: 'repeated' });
    else if (text === undefined) faults.push({ field: name, reason: 'malformed_encoding' });
    else if (text.includes('\0')) faults.push({ field: name, reason: 'forbidden_character' });
    else values[name] = convert(kind, text);
    seen.add(name);
  }
  return { values, ignored };
}

/** Converts what the router found in the path. */
export function readPath(
  plan: ParameterPlan,
  found: Record<string, string>,
  faults: FieldFault[],
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, kind] of plan) {
    const text = found[name] ?? '';
    if (!text.isWellFormed()) faults.push({ field: name, reason: 'malformed_encoding' });
    else if (text.includes('\0')) faults.push({ field: name, reason: 'forbidden_character' });
    values[name] = convert(kind, text);
  }
  return values;
}

function convert(kind: Kind, text: string): unknown {
  switch (kind) {
    case 'integer':
      return isInteger(text) ? Number(text) : text;
    case 'number':
      return text !== '' && /^-?\d{1,16}(\.\d{1,16})?$/.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text;
    case 'array':
      return text === '' ? [] : text.split(',');
    default:
      return text;
  }
}

/** `0` or digits that do not begin with one, at most 16; with a sign, so that the schema can say that it is too small. */
function isInteger(text: string): boolean {
  const first = text.charCodeAt(0) === 45 ? 1 : 0;
  const digits = text.length - first;
  if (digits < 1 || digits > 16 || (digits > 1 && text.charCodeAt(first) === 48)) return false;
  for (let i = first; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 48 || code > 57) return false;
  }
  return true;
}

function decode(text: string): string | undefined {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

const MAX_NAMED = 20;
const MAX_NAME = 64;

/** Value of `X-Ignored-Parameters`: only characters that a header's token may have, the others percent-encoded. */
export function ignoredHeader(names: readonly string[]): string {
  return [...new Set(names)].slice(0, MAX_NAMED).map(tokenOf).join(', ');
}

function tokenOf(name: string): string {
  const encoded = encodeURIComponent(name).replaceAll('(', '%28').replaceAll(')', '%29');
  return encoded.length <= MAX_NAME ? encoded : `${encoded.slice(0, MAX_NAME).replace(/%[0-9A-F]?$/, '')}...`;
}
