import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pino } from 'pino';
import { readConfig } from '../../src/config.ts';
import type { Deps } from '../../src/context.ts';
import { errorTable } from '../../src/errors.ts';
import { eventCatalogue } from '../../src/events.ts';
import { admissionLimitsOf, createAdmission } from '../../src/http/admission.ts';
import type { Route } from '../../src/http/route.ts';
import { createServer } from '../../src/http/server.ts';
import { createMetrics } from '../../src/metrics/metrics.ts';
import { accountRules, conversationRules, roomRules } from '../../src/policy.ts';
import { routes } from '../../src/routes.ts';
import { examples } from '../printed/examples.ts';
import { notThereYet } from './permissions_table.ts';

const under = '/api/v1';
const nameOf = ({ method, path }: Pick<Route, 'method' | 'path'>) => `${method} ${path}`;
const names = routes.map(nameOf);
const actions = [
  ...new Set([...Object.keys(roomRules), ...Object.keys(accountRules), ...Object.keys(conversationRules)]),
];
const faultsOf = (judge: (route: Route) => string[]) =>
  routes.flatMap((route) => judge(route).map((fault) => `${nameOf(route)}: ${fault}`));

/** Actions that no route has as its own: what is asked for decides which of them it takes. */
const partsOfOthers: Readonly<Record<string, string>> = {
  'room.set_auto_join': 'PUT /rooms/{room_id} that sets auto_join',
  'room.list_all': 'GET /rooms?filter=all',
  'room.create_auto_join': 'POST /rooms that sets auto_join',
  'member.add_moderator': 'POST /rooms/{room_id}/members with the role moderator',
  'webhook.manage_for_server': 'POST /webhooks without room_id',
  'file.upload': 'POST /files/upload into a room or conversation',
  'file.delete_own': 'DELETE /files/{file_id} by its uploader',
  'message.delete_own': 'DELETE /messages/{message_id} by its author',
};

describe('laws of the routes', () => {
  test('the router serves what the list names, and nothing else', async () => {
    const deps = { config: readConfig({}), now: Date.now, metrics: createMetrics(pino()) } as Deps;
    const server = await createServer(deps, routes, createAdmission(admissionLimitsOf(deps.config)));
    const served = routesOf(server.printRoutes({ commonPrefix: false }));
    await server.close();
    assert.deepEqual(served.sort(), [...names].sort());
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
  });

  test('what is documented is there, or known to be missing', () => {
    const documented = examples.map(({ name }) => name);
    const missing = documented.filter((name) => !names.includes(name.replace(' ', ` ${under}`)));
    assert.deepEqual(
      missing.filter((name) => !(notThereYet as readonly string[]).includes(name)),
      [],
    );
  });

  test('each route has an action of the policy, or is public', () => {
    const faults = faultsOf(({ action, scope }) => {
      if (scope === 'public') return action === undefined ? [] : ['is public and has an action'];
      return action !== undefined && actions.includes(action) ? [] : [`${action} is no action of the policy`];
    });
    assert.deepEqual(faults, []);
  });

  test('each action of the policy is that of a route, or part of one', () => {
    const used = new Set(routes.map(({ action }) => action as string));
    assert.deepEqual(
      actions.filter((action) => !used.has(action) && !(action in partsOfOthers)),
      [],
    );
    assert.deepEqual(
      Object.keys(partsOfOthers).filter((action) => used.has(action) || !actions.includes(action)),
      [],
    );
  });

  test('each action of the policy is asked for somewhere in the code', () => {
    const root = join(import.meta.dirname, '../../src');
    const paths = globSync(['modules/**/*.ts', 'access.ts'], { cwd: root }).filter(
      (path) => !/(routes|test)\.ts$/.test(path),
    );
    const code = paths.map((path) => readFileSync(join(root, path), 'utf8')).join('\n');
    assert.deepEqual(
      actions.filter((action) => !code.includes(`'${action}'`)),
      [],
    );
  });

  test('PATCH is PUT under another name', () => {
    const faults = faultsOf((route) => {
      if (route.method !== 'PUT' && route.method !== 'PATCH') return [];
      const twin = routes.find(
        ({ method, path }) => path === route.path && method === (route.method === 'PUT' ? 'PATCH' : 'PUT'),
      );
      if (!twin) return ['has no twin'];
      const shape = ({ method: _, handler, ...rest }: Route) => ({ ...rest, handler: handler.toString() });
      return JSON.stringify(shape(route)) === JSON.stringify(shape(twin)) ? [] : ['differs from its twin'];
    });
    assert.deepEqual(faults, []);
  });

  test('a route says what it takes: its path, what its scope is for, bodies and tags where they belong', () => {
    const faults = faultsOf(({ method, path, params, scope, body, etag, answers, summary, tag }) => {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const isRead = method === 'GET';
      const statuses = Object.keys(answers);
      return [
        ...(JSON.stringify(inPath) === JSON.stringify(Object.keys(params?.properties ?? {}))
          ? []
          : ['names other parameters']),
        ...(isRead && scope.endsWith(':write') ? ['reads with a scope for writing'] : []),
        ...(!isRead && scope.endsWith(':read') ? ['writes with a scope for reading'] : []),
        ...(isRead && body ? ['reads with a body'] : []),
        ...(!isRead && etag ? ['has an ETag and is no read'] : []),
        ...(path.startsWith(`${under}/`) === (scope === 'public' && !knowsItself(path)) ? ['is public'] : []),
        ...(statuses.length > 0 && statuses.every((status) => /^20[014]$/.test(status)) ? [] : ['answers otherwise']),
        ...(method === 'DELETE' && !(statuses.includes('204') && statuses.includes('200'))
          ? ['deletes otherwise']
          : []),
        ...(/^[A-Z]/.test(summary) && !summary.endsWith('.') && tag !== '' ? [] : ['is not described']),
      ];
    });
    assert.deepEqual(faults, []);
  });

  test('its refusals are known, once each, and follow from what it is about', () => {
    const faults = faultsOf(({ path, refusals = [], action = '', scope }) => {
      const isRoom = action in roomRules && path.includes('{room_id}');
      return [
        ...refusals.filter((code) => !(code in errorTable)).map((code) => `${code} is unknown`),
        ...refusals.filter((code, index) => refusals.indexOf(code) !== index).map((code) => `${code} twice`),
        ...(isRoom && !refusals.includes('ROOM_NOT_FOUND') ? ['knows no missing room'] : []),
        ...(path.includes('{message_id}') && !refusals.includes('MESSAGE_NOT_FOUND')
          ? ['knows no missing message']
          : []),
        ...(path.includes('{file_id}') && !refusals.includes('FILE_NOT_FOUND') ? ['knows no missing file'] : []),
        ...(path.includes('{conversation_id}') && !refusals.includes('CONVERSATION_NOT_FOUND')
          ? ['knows no missing talk']
          : []),
        ...(scope !== 'public' && mayBeDenied(action, path) && !refusals.includes('PERMISSION_DENIED')
          ? ['denies nobody']
          : []),
      ];
    });
    assert.deepEqual(faults, []);
  });

  test('what webhooks may carry, and what is audited, is known of each event', () => {
    for (const [type, { stream, audited, webhook }] of Object.entries(eventCatalogue)) {
      assert.match(type, /^[a-z]+(_[a-z]+)+$/);
      assert.ok(['container', 'user', 'server'].includes(stream), type);
      assert.equal(typeof audited, 'boolean');
      // What is of one person alone, his sessions and marks, is nobody else's to hear of.
      if (stream === 'user') assert.equal(webhook, false, type);
    }
  });

  test('a route that the router has and the list has not would be seen', () => {
    const printed =
      '├── /a (GET, HEAD)\n│   ├── z (POST)\n│   └── /:b_id (PUT)\n│       └── /c (GET, HEAD)\n└── /d (DELETE)\n';
    assert.deepEqual(routesOf(printed), ['GET /a', 'POST /az', 'PUT /a/{b_id}', 'GET /a/{b_id}/c', 'DELETE /d']);
  });
});

/** What signs one in, and an address that is signed itself. */
const knowsItself = (path: string) => path.includes('/auth/') || path.endsWith('/shared');

/** Whether there is somebody with a token who may not do it and may know that. */
function mayBeDenied(action: string, path: string): boolean {
  if (path.includes('{conversation_id}')) return false;
  if (action in roomRules && /\{(room|message)_id\}/.test(path)) return true;
  const rule: readonly string[] | undefined = accountRules[action as keyof typeof accountRules];
  return rule !== undefined && rule.length < 5;
}

/** The methods and paths of Fastify's printed tree, without the HEAD that comes with each GET. */
function routesOf(printed: string): string[] {
  const prefixes: string[] = [];
  return printed.split('\n').flatMap((line) => {
    const [, lead = '', part = '', methods = ''] = /^([│├└─ ]*)(\S+)(?: \((.*)\))?$/.exec(line) ?? [];
    if (part === '') return [];
    const depth = lead.length / 4 - 1;
    prefixes.length = depth;
    const path = `${prefixes.at(-1) ?? ''}${part}`;
    prefixes.push(path);
    const named = path.replace(/:(\w+)/g, '{$1}');
    return methods.split(', ').flatMap((method) => (method === '' || method === 'HEAD' ? [] : [`${method} ${named}`]));
  });
}
