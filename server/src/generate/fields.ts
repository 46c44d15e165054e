import type { TSchema } from 'typebox';

interface Field {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Field[];
  readonly items?: Field;
  readonly properties?: Readonly<Record<string, Field>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly default?: unknown;
  readonly description?: string;
}

/** The names of an object's fields; `?` stands behind what may be left out. */
export const fieldsOf = (schema: TSchema): string => {
  const { properties = {}, required = [] } = schema as Field;
  return Object.entries(properties)
    .map(([name, field]) => `\`${name}${required.includes(name) && field.default === undefined ? '' : '?'}\``)
    .join(', ');
};

interface Sent {
  readonly type: string;
  readonly data: TSchema;
}

/** A row for each field that is sent: its type, what it means, and with which commands. */
export function fieldRows(sent: readonly Sent[]): readonly (readonly string[])[] {
  const fields = sent.flatMap(({ type, data }) =>
    Object.entries((data as Field).properties ?? {}).map(([name, field]) => ({ command: `\`${type}\``, name, field })),
  );
  const rows = Map.groupBy(fields, ({ name, field }) => JSON.stringify([name, typeOf(field), meaningOf(field)]));
  return [...rows].map(([key, users]) => {
    const [name = '', type = '', meaning = ''] = JSON.parse(key) as string[];
    return [`\`${name}\``, type, meaning, users.map(({ command }) => command).join(', ')];
  });
}

function typeOf(field: Field): string {
  const what = [boundless(field), ...boundsOf(field)].join(', ');
  return field.default === undefined ? what : `${what} (${field.default} unless named)`;
}

function boundless({ type, enum: choices, anyOf, items }: Field): string {
  if (anyOf) return anyOf.map(typeOf).join(' or ');
  if (choices) return choices.map((choice) => `\`${choice}\``).join(' or ');
  if (items) return `list of ${boundless(items)}s`;
  return (type && words[type]) ?? 'anything';
}

const words: Readonly<Record<string, string>> = {
  ...{ integer: 'number', string: 'text', boolean: '`true` or `false`', object: 'object', null: 'null' },
};

function boundsOf({ minimum, maximum, minLength, maxLength, maxItems }: Field): string[] {
  // A bound that every id has is none to speak of.
  if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) return [`${minimum}–${maximum}`];
  if (maxItems !== undefined) return [`at most ${maxItems}`];
  return maxLength === undefined
    ? []
    : [`${minLength === undefined ? 'at most ' : `${minLength}–`}${maxLength} characters`];
}

const meaningOf = ({ description, anyOf = [] }: Field): string =>
  description ?? anyOf.find((branch) => branch.description !== undefined)?.description ?? '';
