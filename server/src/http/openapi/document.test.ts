import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import { type Route, route } from '../route.ts';
import { openapiOf } from './document.ts';

const Room = Type.Object({ id: Type.Integer(), name: Type.String() }, { $id: 'Room' });
const base = { scope: 'rooms:read', limit: 'default', action: 'room.read', tag: 'rooms' } as const;
const handler = () => ({ status: 204 }) as const;
const getRoom = route({
  ...base,
  method: 'GET',
  path: '/rooms/{room_id}',
  summary: 'Get a room, with what one may do there',
  params: Type.Object({ room_id: Type.Integer({ minimum: 1, description: 'Which.' }) }),
  query: Type.Object({
    limit: Type.Integer({ default: 50 }),
    q: Type.String(),
    role: Type.Optional(Type.Union([Type.Literal('owner'), Type.Literal('member')])),
  }),
  answers: { 200: Room },
  refusals: ['ROOM_NOT_FOUND', 'NOT_FOUND'],
  etag: true,
  handler,
});
const listRooms = route({
  ...base,
  method: 'GET',
  path: '/rooms',
  summary: 'List the rooms',
  scope: 'public',
  answers: { 200: Type.Object({ rooms: Type.Array(Room), meta: Type.Record(Type.String(), Room) }) },
  handler,
});
const changeRoom = (method: 'PUT' | 'PATCH') =>
  route({
    ...base,
    method,
    path: '/rooms/{room_id}',
    summary: 'Change a room',
    body: Type.Object({}),
    answers: { 200: Room },
    handler,
  });
const removeRoom = route({
  ...base,
  method: 'DELETE',
  path: '/rooms/{room_id}',
  summary: 'Remove a room',
  body: Type.Object({ reason: Type.String() }),
  bodyOptional: true,
  answers: { 204: null, 200: Room },
  handler,
});
const probe = route({
  ...base,
  method: 'GET',
  path: '/healthz',
  summary: 'Alive',
  limit: 'none',
  plain: true,
  answers: { 200: Room },
  handler,
});

const documentOf = (...routes: Route[]) => openapiOf(routes, '1.2.3');

/** What stands in the document under these keys. */
function at(node: unknown, ...keys: (string | number)[]): unknown {
  return keys.reduce((found, key) => (found as Record<string, unknown> | undefined)?.[key], node);
}
const keysAt = (...path: Parameters<typeof at>) => Object.keys(at(...path) as object);
const ref = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` });
const room = ['paths', '/rooms/{room_id}'] as const;
const rooms = ['paths', '/rooms'] as const;
const ofJson = ['responses', 200, 'content', 'application/json', 'schema'] as const;

test('components stand once, under their names, and are referred to', () => {
  const document = documentOf(getRoom, listRooms);
  assert.deepEqual(keysAt(document, 'components', 'schemas'), ['Error', 'Room']);
  assert.equal(at(document, 'components', 'schemas', 'Room', '$id'), undefined);
  const Room = ref('schemas', 'Room');
  assert.deepEqual(at(document, ...room, 'get', ...ofJson, 'properties', 'data'), Room);
  assert.deepEqual(at(document, ...rooms, 'get', ...ofJson, 'properties', 'data', 'properties'), {
    rooms: { type: 'array', items: Room },
    meta: { type: 'object', additionalProperties: Room },
  });
});

test('two different things of one name are refused', () => {
  const other = { ...listRooms, answers: { 200: Type.Object({ id: Type.String() }, { $id: 'Room' }) } };
  assert.throws(() => documentOf(getRoom, other), /Two different schemas are called Room/);
});

test('parameters are those that validate', () => {
  assert.deepEqual(at(documentOf(getRoom), ...room, 'get', 'parameters'), [
    { name: 'room_id', in: 'path', required: true, description: 'Which.', schema: { type: 'integer', minimum: 1 } },
    { name: 'limit', in: 'query', required: false, schema: { type: 'integer', default: 50 } },
    { name: 'q', in: 'query', required: true, schema: { type: 'string' } },
    { name: 'role', in: 'query', required: false, schema: { type: 'string', enum: ['owner', 'member'] } },
    ref('parameters', 'IfNoneMatch'),
  ]);
});

test('operations are called by their summaries, each in its own way', () => {
  const document = documentOf(getRoom, changeRoom('PUT'), changeRoom('PATCH'));
  const ids = ['get', 'put', 'patch'].map((method) => at(document, ...room, method, 'operationId'));
  assert.deepEqual(ids, ['getRoom', 'changeRoom', 'changeRoomPatch']);
  assert.throws(() => documentOf(getRoom, { ...getRoom, path: '/x' }, { ...getRoom, path: '/y' }), /would be called/);
});

test('every way to answer is named: its own refusals and those all have', () => {
  const document = documentOf(getRoom, listRooms, removeRoom);
  const statuses = (...path: string[]) => keysAt(document, ...path, 'responses').map(Number);
  assert.deepEqual(statuses(...room, 'get'), [200, 304, 400, 401, 404, 429, 500, 503]);
  assert.deepEqual(statuses(...rooms, 'get'), [200, 400, 429, 500, 503]);
  assert.deepEqual(statuses(...room, 'delete'), [200, 204, 400, 401, 413, 415, 429, 500, 503, 507]);
  assert.deepEqual(at(document, ...room, 'get', 'responses', 404), ref('responses', 'RoomNotFoundOrNotFound'));
  const responses = at(document, 'components', 'responses');
  assert.deepEqual(at(responses, 'RoomNotFoundOrNotFound', 'x-error-codes'), ['ROOM_NOT_FOUND', 'NOT_FOUND']);
  assert.ok(at(responses, 'RateLimitExceeded', 'headers', 'Retry-After'));
});

test('who needs no token, and where nothing is counted', () => {
  const document = documentOf(getRoom, listRooms, probe);
  assert.deepEqual(at(document, 'security'), [{ bearer: [] }]);
  assert.deepEqual(at(document, ...rooms, 'get', 'security'), []);
  assert.equal(at(document, ...room, 'get', 'security'), undefined);
  assert.equal(at(document, ...room, 'get', 'x-scope'), 'rooms:read');
  const alive = at(document, 'paths', '/healthz', 'get');
  assert.deepEqual(keysAt(alive, 'responses', 200, 'headers'), ['X-Request-Id']);
  assert.deepEqual(at(alive, ...ofJson), ref('schemas', 'Room'));
});

test('text is of its own type, and what is for operators takes their token or none', () => {
  const forOperators = { path: '/m', scope: 'public', mediaType: 'text/plain', forOperators: true } as const;
  const document = documentOf({ ...probe, ...forOperators });
  const read = at(document, 'paths', '/m', 'get');
  assert.deepEqual(keysAt(read, 'responses', 200, 'content'), ['text/plain']);
  assert.deepEqual(at(read, 'security'), [{ operator: [] }, {}]);
  assert.deepEqual(at(read, 'responses', 401), ref('responses', 'InvalidToken'));
  assert.ok(at(document, 'components', 'securitySchemes', 'operator'));
});

test('a body that may be missing is said to be', () => {
  const document = documentOf(changeRoom('PUT'), removeRoom);
  assert.equal(at(document, ...room, 'put', 'requestBody', 'required'), true);
  assert.equal(at(document, ...room, 'delete', 'requestBody', 'required'), false);
});

test('a field that has a default may be left out', () => {
  const body = Type.Object({ pinned: Type.Boolean({ default: true }), required: Type.String() });
  const document = documentOf({ ...removeRoom, body });
  const schema = at(document, ...room, 'delete', 'requestBody', 'content', 'application/json', 'schema');
  assert.deepEqual(at(schema, 'required'), ['required']);
  assert.deepEqual(at(schema, 'properties'), {
    pinned: { type: 'boolean', default: true },
    required: { type: 'string' },
  });
});
