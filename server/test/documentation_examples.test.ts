import assert from 'node:assert/strict';
import { after, describe, it, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { textOf } from '../src/db/statement.ts';
import { routes } from '../src/routes.ts';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';
import { assertLikeExample, exampleFaults } from './harness/example.ts';
import { formOf } from './harness/form.ts';
import type { Person } from './harness/people.ts';
import { examples, type Printed, refusal, targetOf } from './printed/examples.ts';

/** The one printed field that is not given back: it would publish where members write from. */
const NOT_GIVEN_BACK = 'metadata.ip_address';

// Whatever shape the route has; a walk reads the fields it is about.
type Data = Awaited<ReturnType<Person['get']>>;

/** How a printed request is made possible: whose it is, of which things, with which of the printed values exchanged. */
interface Walk {
  readonly who: Person;
  readonly status: number;
  readonly ids?: Readonly<Record<string, number | string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** What is sent where the body is no JSON. */
  readonly form?: ReturnType<typeof formOf>;
  /** What the answer has to say besides what is printed with it. */
  readonly check?: (data: Data) => void | Promise<void>;
}

const served = new Set(routes.map(({ method, path }) => `${method} ${path.replace('/api/v1', '')}`));
const printed = (name: string): Data => {
  const { answer } = examples.find((example) => example.name === name) as Printed;
  return (answer as { data: Data }).data;
};

for (const engine of engines) {
  describe(`printed examples (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const { stranger } = app;
    const secret = { username: 'john_doe', password: 'secure_password123' };
    await stranger.post('/auth/register', { ...secret, email: 'john@example.com' }, 201);
    const john = await app.login(secret.username, secret.password);
    const jane = await app.register('jane_smith');
    const bob = await app.register('bob_wilson');

    await app.admin.put('/rooms/1', { description: 'Salon de discussion générale' }, 200);

    /** A room of john's with jane in it. */
    const roomOf = async (): Promise<number> => {
      const { id } = await john.post(
        '/rooms',
        { name: 'Équipe Dev', description: 'Entre nous', is_public: false },
        201,
      );
      await john.post(`/rooms/${id}/members`, { user_id: jane.id }, 201);
      return id;
    };
    const document = Buffer.alloc(printed('POST /files/upload').size, '%PDF-1.7\n\0');
    const fileOf = async (): Promise<number> =>
      (await john.upload({ name: 'document.pdf', content: document }, 201)).file_id;

    /** A message of john's in such a room, with everything on it that an example shows. */
    const messageOf = async (room_id?: number): Promise<number> => {
      const metadata = { client: 'web', ip_address: '192.168.1.100' };
      const body = { content: 'Salut tout le monde ! 👋 @jane_smith', metadata };
      const { id } = await john.post(`/rooms/${room_id ?? (await roomOf())}/messages`, body, 201);
      for (const [person, emoji] of [
        [jane, '👍'],
        [john, '👍'],
        [john, '❤️'],
      ] as const)
        await person.post(`/messages/${id}/reactions`, { emoji }, 201);
      return id;
    };
    const talk = await john.post('/conversations', { user_id: jane.id }, 201);

    const walks: Readonly<Record<string, () => Walk | Promise<Walk>>> = {
      'POST /auth/login': () => ({
        who: stranger,
        status: 200,
        check: ({ expires_in, user }) =>
          assert.deepEqual([expires_in, user.email, user.role], [900, 'john@example.com', 'user']),
      }),
      'POST /auth/refresh': async () => ({
        who: stranger,
        status: 200,
        body: { refresh_token: (await app.login(secret.username, secret.password)).refreshToken },
        check: (data) => assertLikeExample(data, printed('POST /auth/login')),
      }),
      'POST /auth/logout': async () => {
        const who = await app.login(secret.username, secret.password);
        const check = async () => assert.equal((await who.get('/users/me', 401)).code, 'INVALID_TOKEN');
        return { who, status: 204, check };
      },
      'GET /rooms': () => ({
        who: john,
        status: 200,
        check: ({ rooms, total, has_more }) => assert.deepEqual([rooms.length, total, has_more], [1, 1, false]),
      }),
      'POST /rooms': () => ({
        who: john,
        status: 201,
        check: ({ id, uuid, created_at, updated_at, owner_id, ...room }) => {
          const {
            id: _,
            uuid: __,
            created_at: ___,
            updated_at: ____,
            owner_id: _____,
            ...values
          } = printed('POST /rooms');
          assert.partialDeepStrictEqual(room, values);
          assert.equal(owner_id, john.id);
        },
      }),
      'GET /rooms/{room_id}': async () => ({
        who: john,
        status: 200,
        ids: { room_id: await roomOf() },
        check: (data) => assertLikeExample(data, printed('POST /rooms')),
      }),
      'PUT /rooms/{room_id}': async () => ({
        who: john,
        status: 200,
        ids: { room_id: await roomOf() },
        check: (data) => {
          assertLikeExample(data, printed('POST /rooms'));
          assert.deepEqual([data.name, data.description], ['Dev Team - Nouveau nom', 'Discussions mises à jour']);
        },
      }),
      'DELETE /rooms/{room_id}': async () => {
        const room_id = await roomOf();
        const check = async () => assert.equal((await john.get(`/rooms/${room_id}`, 404)).code, 'ROOM_NOT_FOUND');
        return { who: john, status: 204, ids: { room_id }, check };
      },
      'GET /rooms/{room_id}/members': async () => ({
        who: john,
        status: 200,
        ids: { room_id: await roomOf() },
        check: ({ members, total }) => {
          assert.deepEqual(
            members.map(({ user_id, role }: Data) => [user_id, role]),
            [
              [john.id, 'owner'],
              [jane.id, 'member'],
            ],
          );
          assert.equal(total, 2);
        },
      }),
      'POST /rooms/{room_id}/members': async () => ({
        who: john,
        status: 201,
        ids: { room_id: await roomOf() },
        body: { user_id: bob.id },
        check: (data) => assertLikeExample(data, printed('GET /rooms/{room_id}/members').members[0]),
      }),
      'PUT /rooms/{room_id}/members/{user_id}': async () => ({
        who: john,
        status: 200,
        ids: { room_id: await roomOf(), user_id: jane.id },
        check: (data) => {
          assertLikeExample(data, printed('GET /rooms/{room_id}/members').members[0]);
          assert.deepEqual([data.user_id, data.role], [jane.id, 'moderator']);
        },
      }),
      'DELETE /rooms/{room_id}/members/{user_id}': async () => {
        const room_id = await roomOf();
        return {
          who: john,
          status: 204,
          ids: { room_id, user_id: jane.id },
          check: () => jane.get(`/rooms/${room_id}`, 404),
        };
      },
      'GET /rooms/{room_id}/messages': async () => {
        const room_id = await roomOf();
        await messageOf(room_id);
        return {
          who: john,
          status: 200,
          ids: { room_id },
          check: ({ messages: [message], total_count }) => {
            assert.deepEqual([message.metadata, message.mentions, total_count], [{ client: 'web' }, [jane.id], 1]);
            assert.equal(message.reactions['👍'].count, 2);
          },
        };
      },
      'POST /rooms/{room_id}/messages': async () => ({
        who: john,
        status: 201,
        ids: { room_id: await roomOf() },
        check: ({ content, mentions, metadata }) =>
          assert.deepEqual(
            [content, mentions, metadata],
            [printed('POST /rooms/{room_id}/messages').content, [jane.id], { source: 'api', priority: 'normal' }],
          ),
      }),
      'PUT /messages/{message_id}': async () => ({
        who: john,
        status: 200,
        ids: { message_id: await messageOf() },
        check: ({ content, is_edited, edit_count }) =>
          assert.deepEqual([content, is_edited, edit_count], ['Message modifié avec nouveau contenu', true, 1]),
      }),
      'DELETE /messages/{message_id}': async () => {
        const message_id = await messageOf();
        const check = async () =>
          assert.equal((await john.get(`/messages/${message_id}`, 404)).code, 'MESSAGE_NOT_FOUND');
        return { who: john, status: 204, ids: { message_id }, check };
      },
      'POST /messages/{message_id}/pin': async () => ({
        who: john,
        status: 200,
        ids: { message_id: await messageOf() },
        check: async ({ is_pinned, room_id }) => {
          const page = await john.get(`/rooms/${room_id}/messages?pinned_only=true`, 200);
          assert.deepEqual([is_pinned, page.messages.length, page.total_count], [true, 1, 1]);
        },
      }),
      'GET /conversations': async () => {
        await jane.post(`/conversations/${talk.id}/messages`, { content: "Merci pour l'info !" }, 201);
        const check = ({ total, conversations: [one] }: Data) => {
          assert.deepEqual([total, one.unread_count, one.last_message.content], [1, 1, "Merci pour l'info !"]);
        };
        return { who: john, status: 200, check };
      },
      'POST /conversations': async () => ({
        who: john,
        status: 201,
        body: { user_id: bob.id },
        check: async (data) => {
          const { last_message: _, ...conversation } = printed('GET /conversations').conversations[0];
          assertLikeExample(data, conversation);
          assert.equal((await john.post('/conversations', { user_id: bob.id }, 200)).id, data.id);
        },
      }),
      'GET /conversations/{conversation_id}/messages': async () => {
        await john.post(`/conversations/${talk.id}/messages`, { content: 'Salut !' }, 201);
        const check = (page: Data) => {
          const {
            reactions: _,
            mentions: __,
            metadata: ___,
            ...message
          } = printed('GET /rooms/{room_id}/messages').messages[0];
          assertLikeExample(page, { messages: [message], has_more: false, total_count: 1 });
        };
        return { who: jane, status: 200, ids: { conversation_id: talk.id }, check };
      },
      'POST /conversations/{conversation_id}/messages': () => ({
        who: john,
        status: 201,
        ids: { conversation_id: talk.id },
        check: (data) => assertLikeExample(data, { ...printed('POST /rooms/{room_id}/messages'), mentions: [] }),
      }),
      'POST /conversations/{conversation_id}/block': () => ({
        who: jane,
        status: 200,
        ids: { conversation_id: talk.id },
        check: async ({ is_blocked }) => {
          assert.equal(is_blocked, true);
          assert.equal(
            (await john.post(`/conversations/${talk.id}/messages`, { content: '?' }, 403)).code,
            'USER_BLOCKED',
          );
          assert.equal((await jane.post(`/conversations/${talk.id}/block`, { blocked: false }, 200)).is_blocked, false);
        },
      }),
      'POST /messages/{message_id}/reactions': async () => ({
        who: john,
        status: 201,
        ids: { message_id: (await jane.post(`/conversations/${talk.id}/messages`, { content: 'Bravo' }, 201)).id },
        check: (data) => assertLikeExample(data, printed('GET /messages/{message_id}/reactions')),
      }),
      'DELETE /messages/{message_id}/reactions/{emoji}': async () => ({
        who: john,
        status: 204,
        ids: { message_id: await messageOf() },
      }),
      'GET /messages/{message_id}/reactions': async () => ({
        who: jane,
        status: 200,
        ids: { message_id: await messageOf() },
        check: ({ total_reactions, reactions }) => {
          const counted = reactions.map(({ emoji, count }: Data) => [emoji, count]);
          assert.deepEqual(
            [total_reactions, counted],
            [
              3,
              [
                ['👍', 2],
                ['❤️', 1],
              ],
            ],
          );
        },
      }),
      'GET /rooms/{room_id}/stats': async () => {
        const room_id = await roomOf();
        await messageOf(room_id);
        const check = ({ message_count, reactions_count, new_members, top_contributors: [first] }: Data) =>
          assert.deepEqual([message_count, reactions_count, new_members, first.username], [1, 3, 1, 'john_doe']);
        return { who: john, status: 200, ids: { room_id }, check };
      },
      'GET /rooms/{room_id}/audit': async () => {
        const room_id = await roomOf();
        const { id } = await jane.post(`/rooms/${room_id}/messages`, { content: 'Message supprimé' }, 201);
        const headers = { 'x-audit-log-reason': encodeURIComponent('Contenu inapproprié') };
        await john.request('DELETE', `/messages/${id}`, { headers });
        const check = ({ logs: [{ details, user_id, moderator_id }] }: Data) => {
          assert.partialDeepStrictEqual(details, {
            ...printed('GET /rooms/{room_id}/audit').logs[0].details,
            message_id: id,
          });
          assert.deepEqual([user_id, moderator_id], [jane.id, john.id]);
        };
        // To others the address is not given.
        return { who: app.admin, status: 200, ids: { room_id }, check };
      },
      'GET /admin/stats': () => ({ who: app.admin, status: 200 }),
      'POST /files/upload': async () => {
        const room_id = await roomOf();
        const form = formOf([
          { name: 'file', filename: 'document.pdf', type: 'application/pdf', content: document },
          { name: 'room_id', content: `${room_id}` },
          { name: 'description', content: 'Document important' },
        ]);
        const check = ({ size, mime_type, filename }: Data) => {
          const data = printed('POST /files/upload');
          assert.deepEqual([size, mime_type, filename], [data.size, data.mime_type, data.filename]);
        };
        return { who: john, status: 201, form, check };
      },
      'GET /files/{file_id}/download': async () => ({ who: john, status: 200, ids: { file_id: await fileOf() } }),
      'DELETE /files/{file_id}': async () => ({ who: john, status: 204, ids: { file_id: await fileOf() } }),
      'GET /users/me': () => ({
        who: john,
        status: 200,
        check: (data) => assertLikeExample(data, printed('POST /auth/login').user),
      }),
      'PUT /users/me': async () => ({
        who: await app.register('ancien_nom'),
        status: 200,
        check: ({ username, email, status_message }) =>
          assert.deepEqual([username, email, status_message], ['nouveau_nom', 'nouveau@email.com', 'En développement']),
      }),
      'GET /users/search': () => ({
        who: jane,
        status: 200,
        check: ({ users }) =>
          assert.deepEqual(
            users.map(({ username }: Data) => username),
            ['john_doe'],
          ),
      }),
      'GET /users/{user_id}': () => ({
        who: john,
        status: 200,
        ids: { user_id: jane.id },
        check: (data) => {
          const { email: _, ...visible } = printed('POST /auth/login').user;
          assertLikeExample(data, visible);
        },
      }),
      'POST /webhooks': async () => {
        const { id: room_id } = await john.post('/rooms', { name: 'Crochets' }, 201);
        const check = ({ url, events, secret, active }: Data) =>
          assert.deepEqual(
            [url, events, secret, active],
            [
              'https://your-app.com/webhook/chat',
              ['message_sent', 'user_joined', 'user_left'],
              'webhook_secret_key',
              true,
            ],
          );
        return { who: john, status: 201, body: { room_id }, check };
      },
      'GET /webhooks': () => ({
        who: john,
        status: 200,
        check: ({ webhooks }) =>
          assert.deepEqual(
            webhooks.filter((one: Data) => 'secret' in one),
            [],
          ),
      }),
      'POST /webhooks/{webhook_id}/test': async () => {
        const room_id = await roomOf();
        const body = { url: 'https://your-app.com/webhook/chat', events: ['*'], room_id };
        const { id: webhook_id } = await john.post('/webhooks', body, 201);
        const check = (data: Data) =>
          assert.deepEqual(Object.keys(data), ['delivered', 'status_code', 'duration_ms', 'error']);
        return { who: john, status: 200, ids: { webhook_id }, check };
      },
    };

    it('is walked, each of them', () => {
      const names = examples.map(({ name }) => name);
      assert.equal(new Set(names).size, 38);
      assert.deepEqual(Object.keys(walks).sort(), names.toSorted());
      assert.deepEqual(
        Object.keys(walks).filter((name) => !served.has(name)),
        [],
      );
    });

    for (const example of examples) {
      it(example.name, async () => {
        const { who, status, ids = {}, body = {}, form, check } = await (walks[example.name] as () => Promise<Walk>)();
        assert.deepEqual(
          Object.keys(body).filter((field) => !(field in (example.body ?? {}))),
          [],
          'only printed fields are sent',
        );
        const [method] = example.name.split(' ') as ['GET'];
        const sent = form ?? (example.body === undefined ? {} : { body: { ...example.body, ...body } });
        const reply = await who.request(method, targetOf(example, ids), sent);
        assert.equal(reply.status, status, reply.text);
        if (example.answer !== undefined) assertLikeExample(JSON.parse(reply.text), example.answer, NOT_GIVEN_BACK);
        await check?.(reply.data);
      });
    }

    it('the form of a refusal, and each printed code with its status', async () => {
      const id = await roomOf();
      const path = `/rooms/${id}/messages`;
      const reply = await john.request('POST', path, {
        body: { content: 'x'.repeat(2150) },
        headers: { 'accept-language': 'fr-FR, fr;q=0.9' },
      });
      assertLikeExample(JSON.parse(reply.text), refusal);
      const { code, details, message } = reply.error;
      assert.deepEqual([reply.status, code, message], [400, 'MESSAGE_TOO_LONG', 'Le message est trop long.']);
      assert.deepEqual([details.field, details.max_length, details.actual_length], ['content', 2000, 2150]);

      const codeOf = async (refused: Promise<{ code: string }>) => (await refused).code;
      assert.equal(await codeOf(john.post(path, { text: 'hello' }, 400)), 'VALIDATION_FAILED');
      assert.equal(await codeOf(app.stranger.get('/rooms', 401)), 'INVALID_TOKEN');
      assert.equal(await codeOf(jane.put(`/rooms/${id}`, { name: 'mine' }, 403)), 'PERMISSION_DENIED');
      assert.equal(await codeOf(bob.get(path, 404)), 'ROOM_NOT_FOUND');
      const taken = { username: 'John_Doe', email: 'other@example.com', password: 'another password' };
      assert.equal(await codeOf(app.stranger.post('/auth/register', taken, 409)), 'RESOURCE_CONFLICT');
      assert.equal(await codeOf(john.post('/conversations', { user_id: john.id }, 422)), 'UNPROCESSABLE');
    });

    it('pages have at most 100 entries, and 50 unless asked otherwise', async () => {
      const room_id = await roomOf();
      await john.get('/rooms?limit=100', 200);
      for (const path of ['/rooms', `/rooms/${room_id}/members`, `/rooms/${room_id}/messages`, '/conversations']) {
        assert.equal((await john.get(`${path}?limit=101`, 400)).details.field, 'limit');
      }
      const many = await john.post('/rooms', { name: 'many' }, 201);
      for (let n = 0; n < 51; n++) await john.post(`/rooms/${many.id}/messages`, { content: `${n}` }, 201);
      assert.equal((await john.get(`/rooms/${many.id}/messages`, 200)).messages.length, 50);
    });

    it('a gzipped request is read', async () => {
      const body = gzipSync(JSON.stringify({ content: 'packed' }));
      const headers = { 'content-encoding': 'gzip', 'content-type': 'application/json' };
      const reply = await john.request('POST', '/rooms/1/messages', { body, headers });
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
  assert.deepEqual(exampleFaults({ ...example, none: 5, more: 1 }, example, 'x'), []);
  for (const fault of [
    { id: '1' },
    { id: undefined },
    { at: 'now' },
    { uuid: 'conv-550e8400-e29b-41d4-a716-446655440000' },
    { none: undefined },
    { list: [{ a: 1 }, {}] },
    { list: {} },
    { list: [] },
  ])
    assert.equal(exampleFaults({ ...example, ...fault }, example, 'x').length, 1, JSON.stringify(fault));
});
