import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { SignJWT } from 'jose';
import type { Route } from '../../src/http/route.ts';
import { routes } from '../../src/routes.ts';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { pathOf, sampleBody, type Things } from './sample_requests.ts';

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** Everything a client gets to see, but for what is of the one request: its id and the time. */
async function seen(app: TestApp, { method, url, headers = {}, body }: Asked): Promise<string> {
  const response = await app.server.inject({
    method: method as 'GET',
    url,
    headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
  const { 'x-request-id': id, date: _, ...rest } = response.headers;
  const text = response.body
    .replaceAll(String(id), 'ID')
    .replace(/"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/, '"timestamp":"TIME"');
  return JSON.stringify([response.statusCode, rest, text]);
}

const underThings = routes.filter(({ path }) => /\{(room|message|conversation|file|webhook)_id\}/.test(path));
const never = 999_999;
/** What a route cannot do without. */
const queryOf = ({ path }: Route) => (path.endsWith('/shared') ? '?expires=4000000000&signature=wrong' : '');
const SECRET = 'the secret this test signs tokens with';

interface Form extends Omit<Asked, 'url'> {
  readonly isValid: boolean;
}

/** The same request in the forms a client may give it: what is sent along must not matter. */
function formsOf(method: string, body: unknown): Form[] {
  const told = { 'accept-language': 'fr', prefer: 'return=representation', 'if-none-match': '*' };
  const bare = { isValid: method === 'GET' || body === undefined };
  const plain = [
    { method, ...bare },
    { method, headers: told, ...bare },
  ];
  if (method === 'GET') return [...plain, { method: 'HEAD', isValid: true }];
  const keyed = { 'idempotency-key': 'once', 'x-audit-log-reason': 'curious' };
  const full = { method, body: body ?? {}, isValid: true };
  const wrong = [{}, [], { content: 'x'.repeat(3_000), name: '', reason: 7 }].map((body) => ({
    method,
    body,
    isValid: false,
  }));
  return [...plain, full, { ...full, headers: keyed }, ...wrong];
}

for (const engine of engines) {
  describe(`what is hidden (${engine})`, async () => {
    const app = await createTestApp(engine, { JWT_SECRET: SECRET });
    after(app.close);
    const [alice, bob, mallory, banned] = [
      await app.register('alice'),
      await app.register('bob'),
      await app.register('mallory'),
      await app.register('banned'),
    ];
    const guest = await app.registerAs('guest', 'gerda');
    const moderator = await app.registerAs('moderator', 'mona');
    const room = await alice.post('/rooms', { name: 'hidden', is_public: false }, 201);
    await alice.post(`/rooms/${room.id}/members`, { user_id: bob.id }, 201);
    await alice.put(`/rooms/${room.id}/bans/${banned.id}`, {}, 200);
    const message = await alice.post(`/rooms/${room.id}/messages`, { content: 'hidden' }, 201);
    for (const person of [alice, bob]) await person.post(`/messages/${message.id}/reactions`, { emoji: '👍' }, 201);
    const reply = await bob.post(`/rooms/${room.id}/messages`, { content: 're', parent_message_id: message.id }, 201);
    const talk = await alice.post('/conversations', { user_id: bob.id }, 201);
    const direct = await alice.post(`/conversations/${talk.id}/messages`, { content: 'hidden' }, 201);
    const share = async (person: Person, fields = {}): Promise<number> =>
      (await person.upload({ name: 'hidden.txt', content: 'hidden', fields }, 201)).file_id;
    const file = await share(bob, { room_id: room.id });
    const directFile = await share(bob, { conversation_id: talk.id });
    const ownFile = await share(bob);
    const deletedFile = await share(bob);
    await bob.delete(`/files/${deletedFile}`, 204);
    const gone = await alice.post('/rooms', { name: 'gone' }, 201);
    const goneMessage = await alice.post(`/rooms/${gone.id}/messages`, { content: 'gone' }, 201);
    const goneFile = await share(alice, { room_id: gone.id });
    await alice.delete(`/rooms/${gone.id}`, 204);
    const scrubbed = await alice.post(`/rooms/${room.id}/messages`, { content: 'scrubbed' }, 201);
    await alice.delete(`/messages/${scrubbed.id}`, 204);

    const hook = { url: 'https://receiver.invalid/', events: ['message_reported'] };
    const webhook = await alice.post('/webhooks', { ...hook, room_id: room.id }, 201);
    await alice.post(`/webhooks/${webhook.id}/test`, {}, 200);
    const [tried] = (await alice.get(`/webhooks/${webhook.id}/deliveries`, 200)).deliveries;
    const ofServer = await app.admin.post('/webhooks', hook, 201);

    const hidden: { name: string; from: Person[]; things: Partial<Things> }[] = [
      {
        name: 'a private room',
        from: [mallory, banned, guest, moderator],
        things: { room_id: room.id, message_id: message.id, file_id: file },
      },
      { name: 'a reply there', from: [mallory, banned, guest, moderator], things: { message_id: reply.id } },
      {
        name: 'a conversation of others',
        from: [mallory, guest, moderator, app.admin],
        things: { conversation_id: talk.id, message_id: direct.id, file_id: directFile },
      },
      { name: 'a conversation taken for a room', from: [alice, app.admin], things: { room_id: talk.id } },
      { name: 'a room taken for a conversation', from: [alice, app.admin], things: { conversation_id: room.id } },
      {
        name: 'a deleted room',
        from: [alice, mallory, app.admin],
        things: { room_id: gone.id, message_id: goneMessage.id, file_id: goneFile },
      },
      {
        name: 'a webhook of a room',
        from: [bob, mallory, banned, guest, moderator],
        things: { webhook_id: webhook.id, delivery_id: tried.id },
      },
      { name: "the server's webhook", from: [alice, mallory, guest, moderator], things: { webhook_id: ofServer.id } },
      { name: "another's own file", from: [alice, mallory, guest, moderator, app.admin], things: { file_id: ownFile } },
      { name: 'a deleted file', from: [bob, mallory, app.admin], things: { file_id: deletedFile } },
      { name: 'a deleted message', from: [alice, bob, mallory, app.admin], things: { message_id: scrubbed.id } },
    ];

    for (const { name, from, things } of hidden) {
      it(`${name} is not told from one that never was, by a single byte`, async () => {
        await app.unchanged(async () => {
          for (const route of underThings) {
            const [named] = Object.keys(things).filter((key) => route.path.includes(`{${key}}`)) as (keyof Things)[];
            if (!named) continue;
            const rest = {
              user_id: bob.id,
              room_id: never,
              conversation_id: never,
              message_id: never,
              session_id: '',
              emoji: encodeURIComponent('👍'),
              webhook_id: never,
              delivery_id: never,
              file_id: never,
              direct_message_id: direct.id,
            };
            const body = sampleBody(route, { ...rest, message_id: message.id });
            for (const person of from) {
              const headers = { authorization: `Bearer ${person.token}` };
              for (const { isValid, ...form } of formsOf(route.method, body)) {
                const ask = (id: number | string | undefined): Promise<string> =>
                  seen(app, {
                    ...form,
                    headers: { ...headers, ...form.headers },
                    url: pathOf(route, { ...rest, [named]: id }) + queryOf(route),
                  });
                const label = `${person.username}: ${form.method} ${route.path} ${JSON.stringify(form)}`;
                const one = await ask(things[named]);
                assert.equal(one, await ask(never), label);
                assert.match(one, isValid ? /^\[404/ : /^\[40[04]/, label);
              }
            }
          }
        });
      });
    }

    it('a message elsewhere named in a body or query is not told from one that never was', async () => {
      const mine = await mallory.post('/rooms', { name: 'mine' }, 201);
      const headers = { authorization: `Bearer ${mallory.token}` };
      const asks: ((id: number) => Asked)[] = [
        (id) => ({ method: 'POST', url: `/rooms/${mine.id}/messages`, body: { content: 'x', parent_message_id: id } }),
        (id) => ({ method: 'POST', url: `/rooms/${mine.id}/read`, body: { message_id: id } }),
        (id) => ({ method: 'POST', url: `/rooms/${mine.id}/read`, body: { message_id: id, unread: true } }),
        (id) => ({ method: 'GET', url: `/rooms/${mine.id}/messages?around_id=${id}` }),
        (id) => ({ method: 'GET', url: `/rooms/${mine.id}/messages?before_id=${id}` }),
        (id) => ({ method: 'GET', url: `/rooms/${mine.id}/messages?after_id=${id}` }),
        (id) => ({ method: 'GET', url: `/users/me/mentions?cursor=${id}` }),
      ];
      await app.unchanged(async () => {
        for (const ask of asks) {
          const of = (id: number) => {
            const asked = ask(id);
            return seen(app, { ...asked, headers, url: `/api/v1${asked.url}` });
          };
          for (const id of [message.id, direct.id, scrubbed.id, goneMessage.id])
            assert.equal(await of(id), await of(never), JSON.stringify(ask(id)));
        }
      });
    });

    it('whatever is wrong with a token, the 401 is the same to the byte', async () => {
      const expired = await tokenOf(app, alice, { age: 3_600 });
      const ended = await app.login('alice');
      await ended.post('/auth/logout', {}, 204);
      const suspended = await app.register('sue');
      await app.admin.patch(`/admin/users/${suspended.id}`, { suspended: true }, 200);
      const [head = '', claims = '', signature = ''] = alice.token.split('.');
      const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
      const asAdmin = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), sub: '1', role: 'admin' };
      const wrong: Record<string, string | undefined> = {
        missing: undefined,
        'only the scheme': 'Bearer',
        'an empty token': 'Bearer ',
        garbage: 'Bearer garbage',
        'no ASCII': 'Bearer \u00e9\u00e8',
        'a very long one': `Bearer ${'a'.repeat(8_000)}`,
        'two of them': `Bearer ${alice.token} ${alice.token}`,
        'another scheme': `Basic ${Buffer.from('alice:password of alice').toString('base64')}`,
        'a refresh token': `Bearer ${alice.refreshToken}`,
        expired: `Bearer ${expired}`,
        'an ended session': `Bearer ${ended.token}`,
        'a session that never was': `Bearer ${await tokenOf(app, alice, { sid: 'never' })}`,
        'a suspended account': `Bearer ${suspended.token}`,
        'no signature': `Bearer ${head}.${claims}.`,
        'a cut signature': `Bearer ${head}.${claims}.${signature.slice(0, -4)}`,
        'alg none': `Bearer ${none}.${claims}.`,
        'alg none, signed': `Bearer ${none}.${claims}.${signature}`,
        'other claims': `Bearer ${head}.${Buffer.from(JSON.stringify(asAdmin)).toString('base64url')}.${signature}`,
        'a wrong issuer': `Bearer ${await tokenOf(app, alice, { issuer: 'somebody' })}`,
        'a wrong audience': `Bearer ${await tokenOf(app, alice, { audience: 'somebody' })}`,
        'a foreign secret': `Bearer ${await tokenOf(app, alice, { secret: 'x'.repeat(32) })}`,
        'no expiry': `Bearer ${await tokenOf(app, alice, { age: undefined })}`,
        'HS512 with our secret': `Bearer ${await tokenOf(app, alice, { alg: 'HS512' })}`,
      };
      await app.unchanged(async () => {
        for (const route of routes.filter(({ scope }) => scope !== 'public')) {
          const url = route.path.replace(/\{\w+\}/g, '1');
          const ask = (authorization: string | undefined) =>
            seen(app, { method: route.method, url, headers: authorization === undefined ? {} : { authorization } });
          const first = await ask(undefined);
          assert.match(first, /^\[401.*"www-authenticate":"Bearer".*INVALID_TOKEN/, route.path);
          // Each kind once everywhere would be thousands of the same request: all of them on one route, two on each.
          const kinds = route.path.endsWith('/users/me') ? Object.entries(wrong) : Object.entries(wrong).slice(3, 4);
          for (const [kind, authorization] of kinds) assert.equal(await ask(authorization), first, kind);
        }
      });
      const ours = { authorization: `Bearer ${await tokenOf(app, alice, {})}` };
      assert.equal(
        (await app.stranger.request('GET', '/users/me', { headers: ours })).status,
        200,
        'with nothing wrong',
      );
    });
  });
}

interface TokenParts {
  age?: number | undefined;
  sid?: string;
  issuer?: string;
  audience?: string;
  secret?: string;
  alg?: string;
}

/** A token as the server would sign it, but for what is asked for. */
async function tokenOf(app: TestApp, { id, username, token }: Person, parts: TokenParts): Promise<string> {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] as string, 'base64url').toString());
  const iat = Math.floor(app.deps.now() / 1_000) - (parts.age ?? 0);
  const { sid = claims.sid, issuer = claims.iss, audience = claims.aud, alg = 'HS256' } = parts;
  const jwt = new SignJWT({ username, role: 'user', sid, iat }).setSubject(`${id}`).setIssuer(issuer);
  if (!('age' in parts) || parts.age !== undefined) jwt.setExpirationTime(iat + 900);
  return jwt
    .setAudience(audience)
    .setProtectedHeader({ alg, typ: 'JWT' })
    .sign(Buffer.from(parts.secret ?? SECRET));
}
