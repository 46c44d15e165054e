import { hash } from 'node:crypto';
import type { FieldFault } from '../errors.ts';
import type { Call } from './call.ts';
import type { Route } from './route.ts';

const FIELD = 'Idempotency-Key';

/** Whether a route looks at `Idempotency-Key`: every POST but those of /auth/. */
export function takesKeys({ method, path }: Route): boolean {
  return method === 'POST' && !path.startsWith('/api/v1/auth/');
}

/** 1 to 255 printable characters of ASCII. */
export function keyFault(key: string): FieldFault | undefined {
  if (key.length === 0) return { field: FIELD, reason: 'too_short', min_length: 1 };
  if (key.length > 255) return { field: FIELD, reason: 'too_long', max_length: 255 };
  return /^[\x20-\x7e]+$/.test(key) ? undefined : { field: FIELD, reason: 'forbidden_character' };
}

/** What tells a repeated request from another one: the key, where it was sent, and a digest of the body as it was understood. */
export function idempotencyOf(call: Call, key: string, body: unknown): NonNullable<Call['idempotency']> {
  const { method = '', path = '' } = call.route ?? {};
  // As the route understands it: there are many ways to write one path.
  const scope = `${method} ${path.replaceAll(/\{(\w+)\}/g, (_, name: string) => String((call.params as Record<string, unknown>)[name]))}`;
  return { key, scope, payloadHash: hash('sha256', JSON.stringify(body ?? {}), 'hex') };
}
