/** What is wrong with the metadata of a message or room. */
export interface MetadataFault {
  reason: 'not_json' | 'too_deep' | 'too_many_keys' | 'too_large';
  /** The limit that was crossed: bytes, levels or keys. */
  max?: number;
}

/** UTF-8 bytes of the metadata as JSON text. */
const MAX_METADATA_BYTES = 4096;
/** Levels of objects and arrays, the metadata object itself being the first. */
const MAX_METADATA_DEPTH = 5;
/** Keys of all objects in it together, nested ones included: a limit per object could be evaded by nesting. */
const MAX_METADATA_KEYS = 32;

/**
 * Judges the metadata of a message or room as it came in a JSON body: that it is an object was seen by its schema, and that its texts
 * can be stored by whoever read the body.
 */
export function metadataFault(metadata: Record<string, unknown>): MetadataFault | undefined {
  const found = walk(metadata, 1, { keys: 0 });
  if (found) return found;
  const isLarge = Buffer.byteLength(JSON.stringify(metadata)) > MAX_METADATA_BYTES;
  return isLarge ? { reason: 'too_large', max: MAX_METADATA_BYTES } : undefined;
}

/**
 * The text that is stored for metadata which `metadataFault` has passed. The sender's address is dropped
 * (`ip_address` at the top level): stored, it would be published to all readers.
 */
export function storedMetadata({ ip_address: _, ...metadata }: Record<string, unknown>): string {
  return JSON.stringify(metadata);
}

function walk(value: unknown, depth: number, seen: { keys: number }): MetadataFault | undefined {
  // `1e999` is JSON and is read as a number that is not.
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : { reason: 'not_json' };
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_METADATA_DEPTH) return { reason: 'too_deep', max: MAX_METADATA_DEPTH };
  const values = Object.values(value);
  if (!Array.isArray(value)) seen.keys += values.length;
  if (seen.keys > MAX_METADATA_KEYS) return { reason: 'too_many_keys', max: MAX_METADATA_KEYS };
  for (const inner of values) {
    const found = walk(inner, depth + 1, seen);
    if (found) return found;
  }
  return undefined;
}
