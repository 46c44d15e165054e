import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { errorTable } from '../../src/errors.ts';
import { routes } from '../../src/routes.ts';

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
  const label = `${method} ${path} → ${response.statusCode}`;
  assert.ok(
    response.statusCode < 500 || response.statusCode === 503 || response.statusCode === 507,
    `${label}: ${response.body}`,
  );
  assert.ok(response.headers['x-request-id'], `${label} carries a request id`);
  if (method === 'HEAD' || method === 'OPTIONS' || response.headers['content-encoding']) return;
  if (response.statusCode === 204 || response.statusCode === 304) {
    assert.equal(response.body, '', `${label} has no body`);
    return;
  }
  const found = patterns.find(({ route, pattern }) => route.method === method && pattern.test(path));
  const body = response.json();
  if (response.statusCode >= 400) checkError(label, response.statusCode, body, response.headers['x-request-id']);
  else if (found)
    checkAnswer(label, found.route.answers[response.statusCode], found.route.plain ? body : dataOf(label, body));
}

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
) {
  assert.deepEqual(Object.keys(body), ['success', 'error'], `${label} is in the envelope`);
  const { code, message, details, timestamp, request_id } = body.error ?? {};
  const known = errorTable[code as keyof typeof errorTable];
  assert.ok(known, `${label}: ${code} is in the table of errors`);
  assert.equal(known[0], status, `${label}: ${code} goes with its status`);
  assert.ok(typeof message === 'string' && message !== '');
  assert.ok(typeof details === 'object' && details !== null);
  assert.match(String(timestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(request_id, requestId);
  if (status === 403) assert.ok((details as { required?: unknown }).required, `${label} names what is required`);
}
