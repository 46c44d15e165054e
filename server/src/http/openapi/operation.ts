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
    ...(route.scope === 'public'
      ? { security: route.forOperators ? [{ operator: [] }, {}] : [] }
      : { 'x-scope': route.scope }),
    ...(route.action ? { 'x-action': route.action } : {}),
    'x-rate-limit': route.limit,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body ? { requestBody: bodyOf(route, route.body, components) } : {}),
    ...(route.form ? { requestBody: formOf(route.form, components) } : {}),
    responses: responsesOf(route, components),
  };
}

function bodyOf(route: Route, body: TObject, components: Components): Json {
  return {
    required: route.bodyOptional !== true,
    content: { 'application/json': { schema: documented(body, components) } },
  };
}

/** The fields of a form and its file, in whatever order. */
function formOf(form: TObject, components: Components): Json {
  const { properties, required, ...rest } = documented(form, components) as Json & { required?: string[] };
  const file = { type: 'string', contentMediaType: 'application/octet-stream' };
  const schema = { ...rest, required: ['file', ...(required ?? [])], properties: { file, ...(properties as Json) } };
  return { required: true, content: { 'multipart/form-data': { schema } } };
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
  if (route.etag || route.bytes) headers.push(named('IfNoneMatch'));
  if (route.bytes) headers.push(named('Range'), named('IfRange'));
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
  Range: header('Range', 'One range, as in `bytes=0-1023`; several are not heeded.', { type: 'string' }),
  IfRange: header('If-Range', 'Tag or date of what was begun; where it changed, all is sent.', { type: 'string' }),
  Prefer: header('Prefer', '`return=representation`: 200 with the thing as it was instead of 204.', { type: 'string' }),
  AuditReason: header('X-Audit-Log-Reason', 'Why, for the audit log; percent-encoded or UTF-8.', {
    type: 'string',
    maxLength: 512,
  }),
};
