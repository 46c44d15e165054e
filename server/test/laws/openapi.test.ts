import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { webhookEvents } from '../../src/events.ts';
import { openapiOf } from '../../src/http/openapi/document.ts';
import { announced } from '../../src/modules/webhooks/announced.ts';
import { headersOf } from '../../src/modules/webhooks/signature.ts';
import { routes } from '../../src/routes.ts';
import { version } from '../../src/version.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly in?: string; readonly name?: string }[];
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, object>>;
}

const file = new URL('../../../openapi.json', import.meta.url);
const document: Document = JSON.parse(JSON.stringify(openapiOf(routes, version, announced)));

test('the committed document is that of the code', async () => {
  assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), document, 'run npm run generate');
});

test('router and document name the same routes', () => {
  const named = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.deepEqual(named.sort(), routes.map(({ method, path }) => `${method} ${path}`).sort());
});

test('every reference leads somewhere, and nothing is called by an id of its own', () => {
  const seen = new Set<string>();
  walk(document, (node) => {
    if (typeof node.$ref === 'string') seen.add(node.$ref);
    assert.equal(typeof node.$id, 'undefined');
  });
  for (const reference of seen) {
    const found = reference
      .slice(2)
      .split('/')
      .reduce((node: unknown, key) => (node as Record<string, unknown> | undefined)?.[key], document);
    assert.ok(found, reference);
  }
});

test('nothing is kept that no operation uses', () => {
  const text = JSON.stringify(document);
  for (const kind of ['schemas', 'responses', 'parameters', 'headers'])
    for (const name of Object.keys(document.components[kind] ?? {}))
      assert.ok(text.includes(`"#/components/${kind}/${name}"`), `${kind}/${name}`);
});

test('each parameter in a path is described, and no other', () => {
  for (const [path, methods] of Object.entries(document.paths))
    for (const [method, { parameters = [] }] of Object.entries(methods)) {
      const described = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      assert.deepEqual(
        described,
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
        `${method} ${path}`,
      );
    }
});

test('operations have names of their own that can be those of functions', () => {
  const ids = [...Object.values(document.paths), ...Object.values(document.webhooks)].flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^[a-z][A-Za-z0-9]+$/);
});

test('each event that a webhook may ask for is one of the document’s webhooks, and no other', () => {
  assert.deepEqual(Object.keys(document.webhooks), Object.keys(webhookEvents));
});

test('each header that is sent with an event is described', () => {
  const signed = { body: '{}', messageId: 'evt_1', event: 'webhook_test', traceparent: '00-', at: 0 };
  const sent = Object.keys(headersOf({ ...signed, secrets: ['secret'] }));
  const described = Object.keys(announced.headers).map((name) => name.toLowerCase());
  // The type of a body stands with its schema.
  assert.deepEqual(sent.filter((name) => name !== 'content-type').sort(), described.sort());
});

function walk(node: unknown, look: (node: Record<string, unknown>) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) look(node as Record<string, unknown>);
  for (const value of Object.values(node)) walk(value, look);
}
