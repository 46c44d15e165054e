/** What is wrong with the metadata of a message or room. */
export interface MetadataFault {
  reason: 'not_an_object' | 'not_json' | 'too_deep' | 'too_many_keys' | 'too_large' | 'forbidden_characters';
  /** The limit that was crossed: bytes, levels or keys. */
  max?: number;
}

/** UTF-8 bytes of the metadata as JSON text. */
const MAX_METADATA_BYTES = 4096;
/** Levels of objects and arrays, the metadata object itself being the first. */
const MAX_METADATA_DEPTH = 5;
/** Keys of all objects in it together, nested ones included: a limit per object could be evaded by nesting. */
const MAX_METADATA_KEYS = 32;

type Budget = { keys: number };

/**
 * Judges the metadata of a message or room. Takes any value, also such as JSON cannot hold or such as contain
 * themselves, and never throws. Strings and keys with U+0000 or a lone surrogate are refused, since PostgreSQL
 * cannot store them.
 */
export function metadataFault(metadata: unknown): MetadataFault | undefined {
  if (!isPlainObject(metadata)) return fault('not_an_object');
  const found = walk(metadata, 1, { keys: 0 });
  if (found !== undefined) return found;
  // The walk has bounded depth, keys and lengths: what is turned into text here is small and has no cycle.
  if (Buffer.byteLength(JSON.stringify(metadata)) > MAX_METADATA_BYTES) return tooLarge();
  return undefined;
}

/**
 * The text that is stored for metadata which `metadataFault` has passed. The sender's address is dropped
 * (`ip_address` at the top level): stored, it would be published to all readers. A key named `__proto__` stays
 * what it was, a key.
 */
export function storedMetadata(metadata: Record<string, unknown>): string {
  // Parsing makes it plain data of its own, in the key order that every later parse of the text gives again.
  const copy: Record<string, unknown> = JSON.parse(JSON.stringify(metadata));
  delete copy.ip_address;
  return JSON.stringify(copy);
}

function walk(value: unknown, depth: number, budget: Budget): MetadataFault | undefined {
  if (typeof value === 'string') return textFault(value);
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : fault('not_json');
  if (value === null || typeof value === 'boolean') return undefined;
  if (depth > MAX_METADATA_DEPTH) return fault('too_deep', MAX_METADATA_DEPTH);
  if (Array.isArray(value)) return walkArray(value, depth, budget);
  return isPlainObject(value) ? walkObject(value, depth, budget) : fault('not_json');
}

function walkArray(values: unknown[], depth: number, budget: Budget): MetadataFault | undefined {
  // Each element takes two bytes at least, so a longer array needs no look at its elements.
  if (values.length > MAX_METADATA_BYTES / 2) return tooLarge();
  for (let i = 0; i < values.length; i++) {
    const found = walk(values[i], depth + 1, budget);
    if (found !== undefined) return found;
  }
  return undefined;
}

function walkObject(object: Record<string, unknown>, depth: number, budget: Budget): MetadataFault | undefined {
  for (const key of Object.keys(object)) {
    if (++budget.keys > MAX_METADATA_KEYS) return fault('too_many_keys', MAX_METADATA_KEYS);
    const found = textFault(key) ?? walk(object[key], depth + 1, budget);
    if (found !== undefined) return found;
  }
  return undefined;
}

function textFault(text: string): MetadataFault | undefined {
  if (text.length > MAX_METADATA_BYTES) return tooLarge();
  return text.includes('\u0000') || !text.isWellFormed() ? fault('forbidden_characters') : undefined;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function fault(reason: MetadataFault['reason'], max?: number): MetadataFault {
  return max === undefined ? { reason } : { reason, max };
}

function tooLarge(): MetadataFault {
  return fault('too_large', MAX_METADATA_BYTES);
}
