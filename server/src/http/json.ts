import { isUtf8 } from 'node:buffer';
import { invalid, invalidField } from '../errors.ts';

const MAX_DEPTH = 64;
const MAX_PATH = 120;

/** Reads a JSON body: UTF-8, at most 64 levels deep, every text fit to be stored. No bytes at all count as `{}`. `whole` is the field named for the value itself. */
export function readJson(bytes: Buffer, whole = 'body'): unknown {
  if (bytes.length === 0) return {};
  if (!isUtf8(bytes)) throw invalidField(whole, 'not_utf8');
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw invalidField(whole, 'malformed_json');
  }
  const fault = faultIn(value, 0);
  if (fault)
    throw invalid([{ field: fault.path.reverse().join('.').slice(0, MAX_PATH) || whole, reason: fault.reason }]);
  return value;
}

interface Found {
  readonly reason: string;
  /** Innermost first. */
  readonly path: string[];
}

// Never deeper than it may be, whatever comes: the check is before the step down.
function faultIn(value: unknown, depth: number): Found | undefined {
  if (typeof value === 'string') return isText(value) ? undefined : { reason: 'forbidden_character', path: [] };
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === MAX_DEPTH) return { reason: 'too_deep', path: [] };
  for (const key of Object.keys(value)) {
    const inner = isText(key)
      ? faultIn((value as Record<string, unknown>)[key], depth + 1)
      : { reason: 'forbidden_character', path: [] };
    if (inner === undefined) continue;
    inner.path.push(key);
    return inner;
  }
  return undefined;
}

/** Neither U+0000, which PostgreSQL cannot store, nor half a surrogate pair, which UTF-8 cannot say. */
const isText = (text: string) => text.isWellFormed() && !text.includes('\0');
