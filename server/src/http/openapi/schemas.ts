import type { TSchema } from 'typebox';

export type Json = Record<string, unknown>;

/** What the document says once and refers to, by name. */
export interface Components {
  readonly schemas: Map<string, Json>;
  readonly responses: Map<string, Json>;
}

/**
 * A schema as the document shows it. Whatever has an `$id` goes under that name among the components, once, and is referred to;
 * a few forms that generators of clients do not read well are written in their usual way.
 */
export function documented(schema: TSchema, components: Components): Json {
  return asJson(schema as Json, components);
}

function asJson(schema: Json, components: Components): Json {
  const { $id, ...rest } = schema;
  const plain = rewritten(mapped(rest, components));
  if (typeof $id !== 'string') return plain;
  const known = components.schemas.get($id);
  if (known && JSON.stringify(known) !== JSON.stringify(plain))
    throw new Error(`Two different schemas are called ${$id}`);
  components.schemas.set($id, plain);
  return { $ref: `#/components/schemas/${$id}` };
}

function mapped(schema: Json, components: Components): Json {
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, shown(value, components)]));
}

function shown(value: unknown, components: Components): unknown {
  if (Array.isArray(value)) return value.map((entry) => shown(entry, components));
  return typeof value === 'object' && value !== null ? asJson(value as Json, components) : value;
}

function rewritten(schema: Json): Json {
  const { anyOf, patternProperties, ...rest } = schema;
  const choices = literals(anyOf);
  if (choices) return { ...rest, type: 'string', enum: choices };
  const any = (patternProperties as Json | undefined)?.['^.*$'];
  if (any) return { ...rest, additionalProperties: any };
  return withoutDefaulted(schema);
}

/** What has a default is always there for the action, and may be left out by the caller. */
function withoutDefaulted(schema: Json): Json {
  const { required, ...rest } = schema;
  if (!Array.isArray(required)) return schema;
  const properties = schema.properties as Readonly<Record<string, Json>>;
  const wanted = required.filter((name) => properties[name]?.default === undefined);
  return wanted.length === 0 ? rest : { ...schema, required: wanted };
}

/** The texts of a union of nothing but texts. */
function literals(anyOf: unknown): string[] | undefined {
  if (!Array.isArray(anyOf)) return undefined;
  const texts = anyOf.map((branch: Json) => branch.const);
  return texts.every((text) => typeof text === 'string') ? texts : undefined;
}
