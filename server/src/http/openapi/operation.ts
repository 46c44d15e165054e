import type { TObject } from 'typebox';
import { takesKeys } from '../idempotency.ts';
import type { Route } from '../route.ts';
import { responsesOf } from './responses.ts';
import { type Components, documented, type Json } from './schemas.ts';

/** One route as an operation of the document. */
export function operationOf(route: Route, operationId: string, components: Components): Json {
  const parameters = [
    ...parametersOf('path', route.params, components),
    ...parametersOf('query', route.query, components),
    ...headerParameters(route),
  ];
  return {
    operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(route.scope === 'public' ? { security: [] } : { 'x-scope': route.scope }),
    ...(route.action ? { 'x-action': route.action } : {}),
    'x-rate-limit': route.limit,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body ? { requestBody: bodyOf(route, route.body, components) } : {}),
    responses: responsesOf(route, components),
  };
}

function bodyOf(route: Route, body: TObject, components: Components): Json {
  return {
    required: route.bodyOptional !== true,
    content: { 'application/json': { schema: documented(body, components) } },
  };
}

function parametersOf(place: 'path' | 'query', schema: TObject | undefined, components: Components): Json[] {
  const required = new Set((schema as { required?: string[] } | undefined)?.required);
  return Object.entries(schema?.properties ?? {}).map(([name, property]) => {
    const { description, ...rest } = documented(property, components);
    const isRequired = place === 'path' || (required.has(name) && rest.default === undefined);
    return { name, in: place, required: isRequired, ...(description ? { description } : {}), schema: rest };
  });
}

const named = (name: string) => ({ $ref: `#/components/parameters/${name}` });

function headerParameters(route: Route): Json[] {
  const headers: Json[] = [];
  if (takesKeys(route)) headers.push(named('IdempotencyKey'));
  if (route.etag) headers.push(named('IfNoneMatch'));
  if (Object.hasOwn(route.answers, 200) && Object.hasOwn(route.answers, 204)) headers.push(named('Prefer'));
  if (route.method !== 'GET' && route.scope !== 'public') headers.push(named('AuditReason'));
  return headers;
}

const header = (name: string, description: string, schema: Json): Json => ({
  name,
  in: 'header',
  required: false,
  description,
  schema,
});

/** What `headerParameters` refers to. */
export const sharedParameters: Readonly<Record<string, Json>> = {
  IdempotencyKey: header('Idempotency-Key', 'The same request with the same key is done once and answered alike.', {
    type: 'string',
    minLength: 1,
    maxLength: 255,
  }),
  IfNoneMatch: header('If-None-Match', '`ETag` of what the caller has; unchanged, the answer is 304.', {
    type: 'string',
  }),
  Prefer: header('Prefer', '`return=representation`: 200 with the thing as it was instead of 204.', { type: 'string' }),
  AuditReason: header('X-Audit-Log-Reason', 'Why, for the audit log; percent-encoded or UTF-8.', {
    type: 'string',
    maxLength: 512,
  }),
};
