import { isUtf8 } from 'node:buffer';
import type { onRequestHookHandler } from 'fastify';
import { Type } from 'typebox';
import { type FieldFault, invalid } from '../errors.ts';
import type { Call } from './call.ts';
import { idempotencyOf, keyFault, takesKeys } from './idempotency.ts';
import { ignoredHeader, planOf, readPath, readQuery } from './parameters.ts';
import type { Route } from './route.ts';
import { traceparentOf } from './trace.ts';
import type { CheckOf } from './validation.ts';

const MAX_REASON = 512;
const MAX_USER_AGENT = 512;

/** The hook that reads path, query and headers by the route's schemas: 400 names all that is wrong with them. */
export function readHead(route: Route, checkOf: CheckOf): onRequestHookHandler {
  const path = planOf(route.params);
  const query = planOf(route.query);
  const checkPath = route.params && checkOf(route.params);
  const checkQuery = route.query && checkOf(route.query);
  const hasKeys = takesKeys(route);

  return (request, _reply, done) => {
    const { call } = request;
    const faults: FieldFault[] = [];
    call.params = readPath(path, request.params as Record<string, string>, faults);
    add(faults, checkPath?.(call.params, 'path'));
    const { values, ignored } = readQuery(query, request.query as string, faults);
    call.query = values;
    if (ignored.length > 0) call.ignored = ignoredHeader(ignored);
    add(faults, checkQuery?.(values, 'query'));
    readHeaders(call, route, hasKeys, faults);
    done(faults.length > 0 ? invalid(faults) : undefined);
  };
}

/** What the schema finds in a field that could not even be read says nothing more. */
function add(faults: FieldFault[], found: FieldFault[] | undefined): void {
  if (!found) return;
  const known = new Set(faults.map(({ field }) => field));
  faults.push(...found.filter(({ field }) => !known.has(field)));
}

function readHeaders(call: Call, route: Route, hasKeys: boolean, faults: FieldFault[]): void {
  const { headers } = call.reply.request.raw;
  call.traceparent = traceparentOf(headers.traceparent);
  call.userAgent = (headers['user-agent'] ?? '').slice(0, MAX_USER_AGENT);
  if (route.method === 'GET') return;
  // Where nothing is the usual answer: deletions and logout.
  if (Object.hasOwn(route.answers, 204)) call.representation = prefersRepresentation(headers.prefer);
  const reason = headers['x-audit-log-reason'];
  if (typeof reason === 'string') call.auditReason = readReason(reason, faults);
  const key = hasKeys ? headers['idempotency-key'] : undefined;
  const fault = typeof key === 'string' ? keyFault(key) : undefined;
  if (fault) faults.push(fault);
}

/** The body by the route's schema; throws what is wrong with it. Where there is no schema nothing may be in it. */
export function bodyReader(route: Route, checkOf: CheckOf): (call: Call, body: unknown) => unknown {
  if (route.method === 'GET') return () => undefined;
  const check = checkOf(route.body ?? Type.Object({}, { additionalProperties: false }));
  const hasKeys = takesKeys(route);
  return (call, body = {}) => {
    const faults = check(body, 'body');
    if (faults) throw invalid(faults);
    const key = hasKeys ? call.reply.request.raw.headers['idempotency-key'] : undefined;
    if (typeof key === 'string') call.idempotency = idempotencyOf(call, key, body);
    return body;
  };
}

/** `Prefer: return=representation`, alone or among others (RFC 7240). */
function prefersRepresentation(prefer: string | string[] | undefined): boolean {
  if (prefer === undefined) return false;
  const preferences = (Array.isArray(prefer) ? prefer.join(',') : prefer).toLowerCase().split(/[,;]/);
  return preferences.some((preference) => preference.replaceAll(/[\s"]/g, '') === 'return=representation');
}

/** Headers are bytes: the reason may be UTF-8 or percent-encoded. */
function readReason(header: string, faults: FieldFault[]): string | undefined {
  const bytes = Buffer.from(header, 'latin1');
  const text = percentDecoded(isUtf8(bytes) ? bytes.toString() : header).trim();
  const field = 'X-Audit-Log-Reason';
  if (text.length > MAX_REASON) faults.push({ field, reason: 'too_long', max_length: MAX_REASON });
  if (text.includes('\0')) faults.push({ field, reason: 'forbidden_character' });
  return text || undefined;
}

function percentDecoded(text: string): string {
  try {
    return text.includes('%') ? decodeURIComponent(text) : text;
  } catch {
    return text;
  }
}
