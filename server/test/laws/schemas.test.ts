import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../src/config.ts';
import { createSerialisers } from '../../src/http/serialise.ts';
import { createChecks } from '../../src/http/validation.ts';
import { routes } from '../../src/routes.ts';

// Schemas are compiled by the first request that needs them: what is wrong with one must not wait for it.

test('every path, query and body can be checked', () => {
  const checkOf = createChecks(readConfig({}));
  for (const { method, path, params, query, body } of routes)
    for (const schema of [params, query, body]) {
      if (!schema) continue;
      const faults = checkOf(schema)(null, 'whole');
      assert.deepEqual(faults, [{ field: 'whole', reason: 'wrong_type', expected: 'object' }], `${method} ${path}`);
    }
});

test('every answer can be serialised', () => {
  const serialiserOf = createSerialisers();
  for (const { method, path, answers } of routes)
    for (const schema of Object.values(answers))
      if (schema) assert.equal(typeof serialiserOf(schema), 'function', `${method} ${path}`);
});

test('a body refuses what it does not know', () => {
  for (const { method, path, body } of routes)
    if (body)
      assert.equal((body as { additionalProperties?: unknown }).additionalProperties, false, `${method} ${path}`);
});

test('what has a default is there for the action, which then states none', () => {
  const optional = routes.flatMap(({ method, path, query, body }) =>
    [query, body].flatMap((schema) =>
      Object.entries(schema?.properties ?? {})
        .filter(([name, property]) => 'default' in property && !schema?.required?.includes(name))
        .map(([name]) => `${method} ${path}: ${name}`),
    ),
  );
  assert.deepEqual(optional, []);
});

test('only what has a body reads one, and each parameter in a path has a schema', () => {
  for (const { method, path, params, body } of routes) {
    assert.ok(method !== 'GET' || body === undefined, `${method} ${path}`);
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    assert.deepEqual(Object.keys(params?.properties ?? {}), named, `${method} ${path}`);
  }
});
