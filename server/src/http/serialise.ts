import { createRequire } from 'node:module';
import type { TSchema } from 'typebox';

type Serialise = (data: unknown) => string;

/** Turns data into JSON by its schema, so that what the schema does not list never leaves. Compiled when first needed. */
export function createSerialisers(): (schema: TSchema) => Serialise {
  const load = createRequire(import.meta.url);
  const known = new WeakMap<TSchema, Serialise>();
  let build: typeof import('fast-json-stringify') | undefined;

  return (schema) => {
    let serialise = known.get(schema);
    if (!serialise) {
      build ??= load('fast-json-stringify') as typeof import('fast-json-stringify');
      serialise = build(withoutIds(schema) as object) as Serialise;
      known.set(schema, serialise);
    }
    return serialise;
  };
}

/** Components stand where they are used, under names that would be taken twice. */
function withoutIds(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutIds);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) if (key !== '$id') copy[key] = withoutIds(value);
  return copy;
}
