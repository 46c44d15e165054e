import assert from 'node:assert/strict';
import { after, describe, it, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { textOf } from '../src/db/statement.ts';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';
import { assertLikeExample, exampleFaults } from './harness/example.ts';
import type { Person } from './harness/people.ts';

// The examples that clients of this API have been written after: every request body as it is printed there, and every answer with at
// least the fields printed, of the types printed. Ids are those of the people and things made here.

const printed = {
  user: { id: 123, username: 'john_doe', email: 'john@example.com', role: 'user', created_at: '2024-01-01T00:00:00Z' },
  room: {
    id: 15,
    uuid: '123e4567-e89b-12d3-a456-426614174000',
    name: 'Équipe Dev',
    description: "Discussions de l'équipe développement",
    is_public: false,
    owner_id: 123,
    member_count: 1,
    max_members: 50,
    created_at: '2024-01-15T14:20:00Z',
    updated_at: '2024-01-15T14:20:00Z',
  },
  listedRoom: {
    id: 1,
    uuid: '550e8400-e29b-41d4-a716-446655440000',
    name: 'General',
    description: null,
    is_public: true,
    owner_id: 1,
    member_count: 25,
    unread_count: 3,
    last_activity: '2024-01-15T12:30:00Z',
    created_at: '2024-01-01T00:00:00Z',
    updated_at: '2024-01-15T12:30:00Z',
  },
  member: {
    user_id: 123,
    username: 'john_doe',
    role: 'owner',
    joined_at: '2024-01-01T00:00:00Z',
    is_online: true,
    last_seen: '2024-01-15T14:30:00Z',
  },
  sent: {
    id: 1002,
    uuid: 'msg-123e4567-e89b-12d3-a456-426614174000',
    author_id: 123,
    username: 'john_doe',
    content: 'Voici un nouveau message avec @jane_smith mention',
    parent_message_id: null,
    thread_count: 0,
    is_pinned: false,
    is_edited: false,
    mentions: [456],
    created_at: '2024-01-15T14:35:00Z',
  },
  conversation: {
    id: 501,
    uuid: 'conv-550e8400-e29b-41d4-a716-446655440000',
    other_user: { id: 456, username: 'jane_smith', is_online: true, last_seen: '2024-01-15T14:30:00Z' },
    unread_count: 2,
    is_blocked: false,
    created_at: '2024-01-10T09:00:00Z',
    updated_at: '2024-01-15T14:25:00Z',
  },
  lastMessage: { id: 2001, content: "Merci pour l'info !", author_id: 456, created_at: '2024-01-15T14:25:00Z' },
};
const signedIn = { access_token: 'eyJ', refresh_token: 'f4a2c8e1', expires_in: 900, user: printed.user };
const listedMessage = {
  ...printed.sent,
  edit_count: 0,
  reactions: {},
  metadata: { client: 'web' },
  updated_at: '2024-01-15T12:30:00Z',
};

for (const engine of engines) {
  describe(`printed examples (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const secret = { username: 'john_doe', password: 'secure_password123' };
    await app.stranger.post('/auth/register', { ...secret, email: 'john@example.com' }, 201);
    const john = await app.login(secret.username, secret.password);
    const jane = await app.register('jane_smith');
    const bob = await app.register('bob_wilson');
    const room = await john.post(
      '/rooms',
      {
        name: 'Équipe Dev',
        description: "Discussions de l'équipe développement",
        is_public: false,
        max_members: 50,
      },
      201,
    );

    it('POST /auth/login, refresh and logout', async () => {
      const session = await app.stranger.post('/auth/login', secret, 200);
      assertLikeExample(session, signedIn);
      assert.deepEqual([session.expires_in, session.user.email, session.user.role], [900, 'john@example.com', 'user']);
      const next = await app.stranger.post('/auth/refresh', { refresh_token: session.refresh_token }, 200);
      assertLikeExample(next, signedIn);
      const headers = { authorization: `Bearer ${next.access_token}` };
      assert.equal((await app.stranger.request('POST', '/auth/logout', { headers })).status, 204);
      assert.equal((await app.stranger.get('/users/me', 401, headers)).code, 'INVALID_TOKEN');
    });

    it('POST and GET /rooms', async () => {
      assertLikeExample(room, printed.room);
      assert.deepEqual(
        [room.name, room.description, room.is_public, room.owner_id, room.member_count, room.max_members],
        [printed.room.name, printed.room.description, false, john.id, 1, 50],
      );
      assertLikeExample(await john.get(`/rooms/${room.id}`, 200), printed.room);
      const page = await john.get('/rooms?limit=20&offset=0&filter=public', 200);
      assertLikeExample(page, { rooms: [printed.listedRoom], total: 1, has_more: false });
      assert.deepEqual([page.rooms.length, page.total, page.has_more], [1, 1, false]);
      for (const filter of ['private', 'joined', 'owned']) {
        const { rooms } = await john.get(`/rooms?filter=${filter}`, 200);
        assert.ok(
          rooms.some(({ id }: { id: number }) => id === room.id),
          filter,
        );
      }
      assert.equal((await john.get('/rooms?search=equipe', 200)).rooms[0].id, room.id);
    });

    it('PUT and DELETE /rooms/{room_id}', async () => {
      const other = await john.post('/rooms', { name: 'Dev Team' }, 201);
      const change = { name: 'Dev Team - Nouveau nom', description: 'Discussions mises à jour' };
      const changed = await john.put(`/rooms/${other.id}`, change, 200);
      assert.deepEqual([changed.name, changed.description], [change.name, change.description]);
      await john.delete(`/rooms/${other.id}`, 204);
      assert.equal((await john.get(`/rooms/${other.id}`, 404)).code, 'ROOM_NOT_FOUND');
    });

    it('/rooms/{room_id}/members', async () => {
      const path = `/rooms/${room.id}/members`;
      const added = await john.post(path, { user_id: jane.id, role: 'member' }, 201);
      assertLikeExample(added, printed.member);
      assertLikeExample(await john.put(`${path}/${jane.id}`, { role: 'moderator' }, 200), printed.member);
      const page = await john.get(`${path}?limit=50&role=all`, 200);
      assertLikeExample(page, { members: [printed.member], total: 25 });
      assert.deepEqual(
        page.members.map(({ user_id, role }: { user_id: number; role: string }) => [user_id, role]),
        [
          [john.id, 'owner'],
          [jane.id, 'moderator'],
        ],
      );
      await john.post(path, { user_id: bob.id, role: 'member' }, 201);
      await john.delete(`${path}/${bob.id}`, 204);
    });

    it('/rooms/{room_id}/messages and /messages/{message_id}', async () => {
      const body = {
        content: 'Voici un nouveau message avec @jane_smith mention',
        parent_message_id: null,
        metadata: { source: 'api', priority: 'normal' },
      };
      const sent = await john.post(`/rooms/${room.id}/messages`, body, 201);
      assertLikeExample(sent, printed.sent);
      assert.deepEqual([sent.content, sent.mentions, sent.metadata], [body.content, [jane.id], body.metadata]);

      // The one printed field that is not given back: it would publish where members write from.
      const metadata = { client: 'web', ip_address: '192.168.1.100' };
      await jane.post(`/rooms/${room.id}/messages`, { content: 'Salut tout le monde ! 👋', metadata }, 201);
      const page = await john.get(`/rooms/${room.id}/messages?limit=50&before_id=1000&include_threads=true`, 200);
      assertLikeExample(page, { messages: [{ ...listedMessage, metadata: {} }], has_more: true, total_count: 1250 });
      assert.deepEqual(page.messages[0].metadata, { client: 'web' });

      const change = { content: 'Message modifié avec nouveau contenu', edit_reason: 'Correction de typo' };
      const edited = await john.put(`/messages/${sent.id}`, change, 200);
      assert.deepEqual([edited.content, edited.is_edited, edited.edit_count], [change.content, true, 1]);
      assert.equal((await john.post(`/messages/${sent.id}/pin`, { pinned: true }, 200)).is_pinned, true);
      const pinned = await john.get(`/rooms/${room.id}/messages?pinned_only=true`, 200);
      assert.deepEqual([pinned.messages.length, pinned.total_count], [1, 1]);
      assert.equal((await john.post(`/messages/${sent.id}/pin`, { pinned: false }, 200)).is_pinned, false);
      await john.delete(`/messages/${sent.id}`, 204);
      assert.equal((await john.get(`/messages/${sent.id}`, 404)).code, 'MESSAGE_NOT_FOUND');
    });

    it('/conversations', async () => {
      const opened = await john.post('/conversations', { user_id: jane.id }, 201);
      assertLikeExample(opened, printed.conversation);
      assert.equal((await john.post('/conversations', { user_id: jane.id }, 200)).id, opened.id);
      const path = `/conversations/${opened.id}`;
      const body = { content: 'Salut ! Comment ça va ?', parent_message_id: null };
      assertLikeExample(await john.post(`${path}/messages`, body, 201), { ...printed.sent, mentions: [] });
      const messages = await jane.get(`${path}/messages?limit=50&before_id=2000`, 200);
      assertLikeExample(messages, { messages: [{ ...listedMessage, metadata: {} }], has_more: false, total_count: 1 });
      const page = await jane.get('/conversations?limit=20&include_last_message=true', 200);
      const listed = { ...printed.conversation, last_message: printed.lastMessage };
      assertLikeExample(page, { conversations: [listed], total: 5 });
      assert.deepEqual([page.total, page.conversations[0].unread_count], [1, 1]);
      assert.equal((await jane.post(`${path}/block`, { blocked: true }, 200)).is_blocked, true);
      assert.equal((await john.post(`${path}/messages`, body, 403)).code, 'USER_BLOCKED');
      assert.equal((await jane.post(`${path}/block`, { blocked: false }, 200)).is_blocked, false);
    });

    it('/users', async () => {
      const someone = await app.register('ancien_nom');
      const change = { username: 'nouveau_nom', email: 'nouveau@email.com', status_message: 'En développement' };
      const changed = await someone.put('/users/me', change, 200);
      assertLikeExample(changed, { ...printed.user, status_message: 'En développement' });
      assertLikeExample(await someone.get('/users/me', 200), { ...printed.user, ...change });
      const { users } = await john.get('/users/search?q=john&limit=10', 200);
      assert.deepEqual(
        users.map(({ username }: { username: string }) => username),
        ['john_doe'],
      );
      const { email: _, ...visible } = printed.user;
      assertLikeExample(await john.get(`/users/${jane.id}`, 200), visible);
    });

    it('the form of a refusal, and each printed code with its status', async () => {
      const path = `/rooms/${room.id}/messages`;
      const reply = await john.request('POST', path, {
        body: { content: 'x'.repeat(2150) },
        headers: { 'accept-language': 'fr-FR, fr;q=0.9' },
      });
      assertLikeExample(JSON.parse(reply.text), {
        success: false,
        error: {
          code: 'VALIDATION_FAILED',
          message: 'Les données fournies ne sont pas valides',
          details: { field: 'content', reason: 'Le message est trop long', max_length: 2000, actual_length: 2150 },
          timestamp: '2024-01-15T14:50:00Z',
          request_id: 'req_123456789',
        },
      });
      const { code, details, message } = reply.error;
      assert.deepEqual([reply.status, code, message], [400, 'MESSAGE_TOO_LONG', 'Le message est trop long.']);
      assert.deepEqual([details.field, details.max_length, details.actual_length], ['content', 2000, 2150]);

      const codeOf = async (refused: Promise<{ code: string }>) => (await refused).code;
      assert.equal(await codeOf(john.post(path, { text: 'hello' }, 400)), 'VALIDATION_FAILED');
      assert.equal(await codeOf(app.stranger.get('/rooms', 401)), 'INVALID_TOKEN');
      assert.equal(await codeOf(jane.put(`/rooms/${room.id}`, { name: 'mine' }, 403)), 'PERMISSION_DENIED');
      assert.equal(await codeOf(bob.get(path, 404)), 'ROOM_NOT_FOUND');
      const taken = { username: 'John_Doe', email: 'other@example.com', password: 'another password' };
      assert.equal(await codeOf(app.stranger.post('/auth/register', taken, 409)), 'RESOURCE_CONFLICT');
      assert.equal(await codeOf(john.post('/conversations', { user_id: john.id }, 422)), 'UNPROCESSABLE');
    });

    it('pages have at most 100 entries, and 50 unless asked otherwise', async () => {
      await john.get('/rooms?limit=100', 200);
      for (const path of ['/rooms', `/rooms/${room.id}/members`, `/rooms/${room.id}/messages`, '/conversations']) {
        assert.equal((await john.get(`${path}?limit=101`, 400)).details.field, 'limit');
      }
      const many = await john.post('/rooms', { name: 'many' }, 201);
      for (let n = 0; n < 51; n++) await john.post(`/rooms/${many.id}/messages`, { content: `${n}` }, 201);
      assert.equal((await john.get(`/rooms/${many.id}/messages`, 200)).messages.length, 50);
    });

    it('a gzipped request is read', async () => {
      const body = gzipSync(JSON.stringify({ content: 'packed' }));
      const headers = { 'content-encoding': 'gzip', 'content-type': 'application/json' };
      const reply = await john.request('POST', `/rooms/${room.id}/messages`, { body, headers });
      assert.deepEqual([reply.status, reply.data.content], [201, 'packed']);
    });
  });

  describe(`printed rates and faults (${engine})`, async () => {
    const app = await createTestApp(engine, { RATE_LIMITS: 'on', RATE_LIMIT_SEND: '60/1m:2' });
    after(app.close);
    const john = await app.register('john_doe');
    const send = (person: Person) => person.request('POST', '/rooms/1/messages', { body: { content: 'again' } });

    it('X-RateLimit headers on every answer, and 429 RATE_LIMIT_EXCEEDED', async () => {
      const first = await send(john);
      assert.equal(first.status, 201);
      for (const name of ['limit', 'remaining', 'reset'])
        assert.match(String(first.headers[`x-ratelimit-${name}`]), /^\d+$/);
      await send(john);
      const refused = await send(john);
      assert.deepEqual([refused.status, refused.error.code], [429, 'RATE_LIMIT_EXCEEDED']);
      assert.match(String(refused.headers['retry-after']), /^[1-9]\d*$/);
    });

    it('500 says nothing of what is inside', async () => {
      await app.deps.db.write('break', (db) => db.run(textOf('drop table user_words'), []));
      const response = await app.server.inject({
        url: '/api/v1/users/search?q=john',
        headers: { authorization: `Bearer ${john.token}` },
      });
      const { code, details } = response.json().error;
      assert.deepEqual([response.statusCode, code, details], [500, 'INTERNAL_ERROR', {}]);
      assert.doesNotMatch(response.body, /user_words|sql/i);
    });
  });
}

test('an answer that lacks a printed field, or has another type in it, is seen', () => {
  const example = {
    id: 1,
    at: '2024-01-01T00:00:00Z',
    uuid: 'msg-550e8400-e29b-41d4-a716-446655440000',
    none: null,
    list: [{ a: 1 }],
  };
  assert.deepEqual(exampleFaults({ ...example, none: 5, list: [], more: 1 }, example, 'x'), []);
  for (const fault of [
    { id: '1' },
    { id: undefined },
    { at: 'now' },
    { uuid: 'conv-550e8400-e29b-41d4-a716-446655440000' },
    { none: undefined },
    { list: [{ a: 1 }, {}] },
    { list: {} },
  ])
    assert.equal(exampleFaults({ ...example, ...fault }, example, 'x').length, 1, JSON.stringify(fault));
});
