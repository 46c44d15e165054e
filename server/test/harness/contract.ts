import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { type ErrorCode, errorTable } from '../../src/errors.ts';
import { commonRefusals } from '../../src/http/openapi/responses.ts';
import type { Route } from '../../src/http/route.ts';
import { routes } from '../../src/routes.ts';
import { isLaw, record } from './record.ts';

const patterns = routes.map((route) => ({
  route,
  pattern: new RegExp(`^${route.path.replace(/\{[^}]+\}/g, '[^/]+')}$`),
  // A fixed path is meant before one with a parameter in the same place.
  fixed: !route.path.includes('{'),
}));
patterns.sort((a, b) => Number(b.fixed) - Number(a.fixed));

/** Fails unless the reply is what the document says the route answers: status, envelope and every field. */
export function checkReply(method: string, url: string, response: LightMyRequestResponse): void {
  const [path = ''] = url.split('?');
  const { statusCode: status } = response;
  const label = `${method} ${path} → ${status}`;
  assert.ok(status < 500 || status === 503 || status === 507, `${label}: ${response.body}`);
  assert.ok(response.headers['x-request-id'], `${label} carries a request id`);
  if (method === 'HEAD' || method === 'OPTIONS') return;
  const route = patterns.find(({ route, pattern }) => route.method === method && pattern.test(path))?.route;
  if (status === 302) {
    assert.ok(route?.bytes, `${label} is documented`);
    assert.ok(URL.canParse(String(response.headers.location)), `${label} says where`);
    assert.equal(response.body, '', `${label} has no body`);
    assert.equal(response.headers['cache-control'], 'no-store', `${label} is asked for each time`);
    return;
  }
  if (route && status < 300 && !isLaw) record(`answered ${method} ${route.path}`);
  if (status === 204 || status === 304) {
    assert.equal(response.body, '', `${label} has no body`);
    assert.ok(
      !route || (status === 204 ? status in route.answers : route.etag || route.bytes),
      `${label} is documented`,
    );
    return;
  }
  if (response.headers['content-encoding']) return;
  if (route?.bytes && status < 300) {
    assert.ok(status === 200 || status === 206, `${label} is a status of bytes`);
    assert.equal(
      response.rawPayload.length,
      Number(response.headers['content-length']),
      `${label} is as long as it says`,
    );
    return;
  }
  if (route?.mediaType && status < 300) {
    assert.equal(response.headers['content-type'], route.mediaType, `${label} is of the documented type`);
    return;
  }
  const body = response.json();
  if (status >= 400) checkError(label, status, body, response.headers['x-request-id'], route);
  else if (route) checkAnswer(label, route.answers[status], route.plain ? body : dataOf(label, body));
}

/** Before any route is known. */
const beforeRoutes: readonly ErrorCode[] = [
  'URI_TOO_LONG',
  'EXPECTATION_FAILED',
  'HEADERS_TOO_LARGE',
  'REQUEST_TIMEOUT',
];

function dataOf(label: string, body: { success?: unknown; data?: unknown }): unknown {
  assert.deepEqual(Object.keys(body), ['success', 'data'], `${label} is in the envelope`);
  assert.equal(body.success, true);
  return body.data;
}

function checkAnswer(label: string, schema: TSchema | null | undefined, data: unknown) {
  assert.ok(schema, `${label} is a status the document names`);
  const faults = [...Value.Errors(schema, data)].map((fault) => `${fault.instancePath} ${fault.message}`);
  assert.deepEqual(faults, [], `${label} has the documented shape: ${JSON.stringify(data)?.slice(0, 500)}`);
}

function checkError(
  label: string,
  status: number,
  body: { success?: unknown; error?: Record<string, unknown> },
  requestId: unknown,
  route: Route | undefined,
) {
  assert.deepEqual(Object.keys(body), ['success', 'error'], `${label} is in the envelope`);
  const { code, message, details, timestamp, request_id } = body.error ?? {};
  const known = errorTable[code as keyof typeof errorTable];
  assert.ok(known, `${label}: ${code} is in the table of errors`);
  assert.equal(known[0], status, `${label}: ${code} goes with its status`);
  if (route) {
    const named: string[] = [...beforeRoutes, ...commonRefusals(route), ...(route.refusals ?? [])];
    assert.ok(named.includes(String(code)), `${label}: ${code} is among the refusals of ${route.method} ${route.path}`);
  }
  assert.ok(typeof message === 'string' && message !== '');
  assert.ok(typeof details === 'object' && details !== null);
  assert.match(String(timestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(request_id, requestId);
  if (status === 403) assert.ok((details as { required?: unknown }).required, `${label} names what is required`);
}
