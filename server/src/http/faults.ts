import type { ErrorObject } from 'ajv';
import type { FieldFault } from '../errors.ts';

const MAX_FAULTS = 20;
const MAX_FIELD = 120;

type Reading = (params: Record<string, unknown>) => { reason: string; [more: string]: unknown };

/** What a keyword of JSON Schema says when it is broken, in words that do not change: reasons are part of the contract. */
const readings: Record<string, Reading> = {
  required: () => ({ reason: 'required' }),
  additionalProperties: () => ({ reason: 'unknown_field' }),
  type: ({ type }) => ({ reason: 'wrong_type', expected: type }),
  minimum: ({ limit }) => ({ reason: 'too_small', minimum: limit }),
  exclusiveMinimum: ({ limit }) => ({ reason: 'too_small', above: limit }),
  maximum: ({ limit }) => ({ reason: 'too_large', maximum: limit }),
  exclusiveMaximum: ({ limit }) => ({ reason: 'too_large', below: limit }),
  multipleOf: ({ multipleOf }) => ({ reason: 'not_a_multiple', of: multipleOf }),
  minLength: ({ limit }) => ({ reason: 'too_short', min_length: limit }),
  maxLength: ({ limit }) => ({ reason: 'too_long', max_length: limit }),
  minItems: ({ limit }) => ({ reason: 'too_few', minimum: limit }),
  maxItems: ({ limit }) => ({ reason: 'too_many', maximum: limit }),
  minProperties: ({ limit }) => ({ reason: 'too_few', minimum: limit }),
  maxProperties: ({ limit }) => ({ reason: 'too_many', maximum: limit }),
  uniqueItems: () => ({ reason: 'repeated' }),
  enum: ({ allowedValues }) => ({ reason: 'not_one_of', allowed: allowedValues }),
  const: ({ allowedValue }) => ({ reason: 'not_one_of', allowed: [allowedValue] }),
  pattern: ({ pattern }) => ({ reason: 'pattern', pattern }),
  format: ({ format }) => ({ reason: 'format', expected: format }),
  rule: (found) => found as ReturnType<Reading>,
};

/** The validator's errors as faults of fields: one for each field, at most twenty. `whole` names the value itself. */
export function faultsOf(errors: readonly ErrorObject[], whole: string): FieldFault[] {
  const byField = new Map<string, FieldFault[]>();
  for (const error of errors) {
    const reading = readings[error.keyword];
    if (!reading) continue; // `anyOf` and its like only repeat what their branches say
    const field = fieldOf(error, whole);
    if (byField.size === MAX_FAULTS && !byField.has(field)) break;
    const fault = { field, ...reading(error.params) };
    byField.set(field, [...(byField.get(field) ?? []), fault].slice(0, MAX_FAULTS));
  }
  if (byField.size === 0) return [{ field: whole, reason: 'invalid' }];
  return [...byField.values()].map(merged);
}

/** A field of several kinds (text or null) breaks all of them: what its own kind says counts, else every kind that would do. */
function merged(faults: FieldFault[]): FieldFault {
  const [first] = faults as [FieldFault];
  const telling = faults.find(({ reason }) => reason !== 'wrong_type' && reason !== 'not_one_of');
  if (telling) return telling;
  const choices = faults.filter(({ reason }) => reason === 'not_one_of');
  if (choices.length > 0)
    return { ...(choices[0] as FieldFault), allowed: unique(choices.map(({ allowed }) => allowed)) };
  const kinds = unique(faults.map(({ expected }) => expected));
  return kinds.length === 1 ? first : { ...first, expected: kinds };
}

const unique = (values: unknown[]) => [...new Set(values.flat())];

function fieldOf({ instancePath, keyword, params }: ErrorObject, whole: string): string {
  const path = instancePath.split('/').slice(1).map(unescaped);
  if (keyword === 'required') path.push(String(params.missingProperty));
  if (keyword === 'additionalProperties') path.push(String(params.additionalProperty));
  const field = path.join('.') || whole;
  return field.length <= MAX_FIELD ? field : `${field.slice(0, MAX_FIELD)}…`;
}

// A name inside a JSON pointer.
const unescaped = (name: string) => name.replaceAll('~1', '/').replaceAll('~0', '~');
