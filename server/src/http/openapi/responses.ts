import { type ErrorCode, errorTable } from '../../errors.ts';
import { takesKeys } from '../idempotency.ts';
import type { Route } from '../route.ts';
import { type Components, documented, type Json } from './schemas.ts';

const meanings: Readonly<Record<number, string>> = {
  200: 'Done.',
  201: 'Made.',
  204: 'Done; there is nothing to say.',
};

/** Every response of a route: its answers, and its refusals by status. */
export function responsesOf(route: Route, components: Components): Json {
  const responses: Json = {};
  for (const [status, schema] of Object.entries(route.answers)) {
    const headers = headersOf(route);
    const description = meanings[Number(status)] ?? 'Done.';
    if (schema === null) {
      responses[status] = { description, headers };
      continue;
    }
    const data = documented(schema, components);
    const content = route.bytes
      ? { 'application/octet-stream': { schema: data } }
      : { [route.mediaType ?? 'application/json']: { schema: route.plain ? data : enveloped(data) } };
    responses[status] = { description, headers, content };
    if (route.bytes) responses[206] = { description: 'The range that was asked for.', headers, content };
  }
  if (route.bytes)
    responses[302] = {
      description: 'The bytes are at this address for a short while, where the server has `S3_REDIRECT`.',
      headers: { ...headersOf(route), Location: reference('Location') },
    };
  if (route.etag || route.bytes)
    responses[304] = { description: 'Unchanged: the caller has it already.', headers: headersOf(route) };
  for (const [status, codes] of refusalsOf(route)) responses[status] = refused(codes, components);
  return responses;
}

function enveloped(data: Json): Json {
  return {
    type: 'object',
    required: ['success', 'data'],
    properties: { success: { type: 'boolean', const: true }, data },
    additionalProperties: false,
  };
}

/** One response for each set of codes, whichever route gives it. */
function refused(codes: ErrorCode[], { responses }: Components): Json {
  const name = codes.map(pascal).join('Or');
  responses.set(name, {
    description: codes.map((code) => `\`${code}\`: ${errorTable[code][1]}`).join('\n\n'),
    headers: Object.fromEntries(headersAfter(codes).map(([header, key]) => [header, reference(key)])),
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
    'x-error-codes': codes,
  });
  return { $ref: `#/components/responses/${name}` };
}

const pascal = (code: string) =>
  code.toLowerCase().replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());

const waited = new Set<ErrorCode>(['RATE_LIMIT_EXCEEDED', 'SERVICE_UNAVAILABLE', 'REQUEST_IN_PROGRESS']);

function headersAfter(codes: ErrorCode[]): HeaderName[] {
  return codes.some((code) => waited.has(code))
    ? [...always, ...counted, ['Retry-After', 'RetryAfter']]
    : [...always, ...counted];
}

/** All codes a route may refuse with, by status in rising order. */
function refusalsOf(route: Route): [status: number, codes: ErrorCode[]][] {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set([...commonRefusals(route), ...(route.refusals ?? [])])) {
    const [status] = errorTable[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return [...byStatus].sort(([a], [b]) => a - b);
}

/** Codes a route need not name: they come with its method, scope and limit. */
export function commonRefusals(route: Route): ErrorCode[] {
  const changes = route.method !== 'GET';
  const codes: ErrorCode[] = ['VALIDATION_FAILED'];
  if (route.scope !== 'public' || route.forOperators) codes.push('INVALID_TOKEN');
  if (route.limit !== 'none') codes.push('RATE_LIMIT_EXCEEDED');
  if (changes) codes.push('PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'STORAGE_FULL');
  if (route.form) codes.push('FILE_TOO_LARGE', 'REQUEST_TIMEOUT');
  if (route.bytes) codes.push('RANGE_NOT_SATISFIABLE');
  if (takesKeys(route)) codes.push('IDEMPOTENCY_MISMATCH', 'REQUEST_IN_PROGRESS');
  return [...codes, 'INTERNAL_ERROR', 'SERVICE_UNAVAILABLE'];
}

/** Headers that every response of the API has. */
export const commonHeaders: Readonly<Record<string, Json>> = {
  RequestId: { description: 'Names this request in the log.', schema: { type: 'string' } },
  RateLimitLimit: { description: 'Requests allowed in the window.', schema: { type: 'integer' } },
  RateLimitRemaining: { description: 'Requests that would be allowed at once.', schema: { type: 'integer' } },
  RateLimitReset: {
    description: 'When all of them are there again, in seconds since 1970.',
    schema: { type: 'integer' },
  },
  RateLimit: { description: 'What is left, as a structured field (IETF draft).', schema: { type: 'string' } },
  RateLimitPolicy: { description: 'What is allowed, as a structured field (IETF draft).', schema: { type: 'string' } },
  RetryAfter: { description: 'Whole seconds until trying again makes sense.', schema: { type: 'integer' } },
  ETag: { description: 'Hash of this answer, for `If-None-Match`.', schema: { type: 'string' } },
  Location: {
    description: 'Where it is; to be followed without the token.',
    schema: { type: 'string', format: 'uri' },
  },
  IdempotentReplayed: { description: '`true` when this is the first answer again.', schema: { type: 'string' } },
};

type HeaderName = readonly [header: string, component: string];

const always: readonly HeaderName[] = [['X-Request-Id', 'RequestId']];
const counted: readonly HeaderName[] = [
  ['X-RateLimit-Limit', 'RateLimitLimit'],
  ['X-RateLimit-Remaining', 'RateLimitRemaining'],
  ['X-RateLimit-Reset', 'RateLimitReset'],
  ['RateLimit', 'RateLimit'],
  ['RateLimit-Policy', 'RateLimitPolicy'],
];

const reference = (component: string): Json => ({ $ref: `#/components/headers/${component}` });

function headersOf(route: Route): Json {
  const names = [...always];
  if (route.limit !== 'none') names.push(...counted);
  if (route.etag || route.bytes) names.push(['ETag', 'ETag']);
  if (takesKeys(route)) names.push(['Idempotent-Replayed', 'IdempotentReplayed']);
  return Object.fromEntries(names.map(([name, component]) => [name, reference(component)]));
}
