import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { textOf } from '../src/db/statement.ts';
import { engines } from './engines.ts';
import { createTestApp, passwordOf } from './harness/app.ts';
import { movableClock, withoutTrace } from './harness/auth.ts';
import { type Person, person, type Reply } from './harness/people.ts';

const JWT_SECRET = 'a secret of at least thirty-two characters';
const DAY = 86_400_000;
type Claims = Record<string, unknown>;

const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const claimsOf = (token: string): Claims => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

/** A token as somebody who knows the key, or does not, might make it. */
function forge(claims: Claims, { alg = 'HS256', secret = JWT_SECRET, header = {} } = {}): string {
  const signed = `${encoded({ alg, typ: 'JWT', ...header })}.${encoded(claims)}`;
  if (alg === 'none') return `${signed}.`;
  const hash = alg === 'HS512' ? 'sha512' : 'sha256';
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`;
}

for (const engine of engines) {
  describe(`access tokens (${engine})`, async () => {
    const clock = movableClock();
    const app = await createTestApp(engine, { JWT_SECRET }, { now: clock.now });
    const other = await createTestApp(engine, {}, { now: clock.now });
    after(async () => {
      await app.close();
      await other.close();
    });
    const withAuthorization = (authorization: string) =>
      app.stranger.request('GET', '/users/me', { headers: { authorization } });
    const withToken = (token: string) => withAuthorization(`Bearer ${token}`);

    it('are refused with one and the same answer, whatever is wrong with them', async () => {
      const alice = await app.register('alice');
      const claims = claimsOf(alice.token);
      const { status, data } = await withToken(forge(claims));
      assert.deepEqual([status, data?.id], [200, alice.id], 'a token made with the key is as good as ours');

      const gone = await app.register('gone');
      await gone.post('/auth/logout', undefined, 204);
      const suspended = await app.register('suspended');
      await app.admin.patch(`/admin/users/${suspended.id}`, { suspended: true }, 200);
      const foreigner = await other.register('alice');
      const seconds = Math.floor(clock.now() / 1_000);
      const [head, body, signature] = alice.token.split('.') as [string, string, string];
      const tokens = [
        'x',
        'x.y.z',
        '..',
        alice.refreshToken,
        alice.token.slice(0, -1),
        `${alice.token}A`,
        `${head}.${body}.`,
        `${head}.${encoded({ ...claims, sub: '1' })}.${signature}`,
        forge(claims, { alg: 'none' }),
        forge(claims, { alg: 'None' }),
        forge(claims, { alg: 'HS512' }),
        forge(claims, { secret: 'another secret of thirty-two characters' }),
        forge(claims, { secret: '' }),
        forge(claims, { header: { crit: ['x'], x: 1 } }),
        forge({ ...claims, exp: seconds }),
        forge({ ...claims, exp: seconds - 1_000 }),
        forge({ ...claims, exp: undefined }),
        forge({ ...claims, exp: 'never' }),
        forge({ ...claims, nbf: seconds + 60 }),
        forge({ ...claims, iss: 'somebody else' }),
        forge({ ...claims, aud: 'somebody else' }),
        forge({ ...claims, sub: 7 }),
        forge({ ...claims, sub: '-1' }),
        forge({ ...claims, sid: undefined }),
        forge({ ...claims, sid: '' }),
        forge({ ...claims, sid: '00000000-0000-4000-8000-000000000000' }),
        forge({ ...claims, sid: ["' or 1=1"] }),
        `${'A'.repeat(8_000)}`,
        gone.token,
        suspended.token,
        foreigner.token,
      ];
      const refused = await app.unchanged(async () => [
        await app.stranger.request('GET', '/users/me'),
        await withAuthorization('Bearer'),
        await withAuthorization('Bearer '),
        await withAuthorization(`Basic ${Buffer.from('alice:password').toString('base64')}`),
        await withAuthorization(alice.token),
        ...(await Promise.all(tokens.map(withToken))),
      ]);
      for (const [i, reply] of refused.entries())
        assert.deepEqual(withoutTrace(reply), withoutTrace(refused[0] as Reply), `number ${i}`);
      assert.deepEqual(
        [refused[0]?.status, refused[0]?.error.code, refused[0]?.headers['www-authenticate']],
        [401, 'INVALID_TOKEN', 'Bearer'],
      );
      await alice.get('/users/me', 200);
    });

    it('name a role, but give no right', async () => {
      const bob = await app.register('bob');
      const claims = claimsOf(bob.token);
      const promoted = person(app, { access_token: forge({ ...claims, role: 'admin' }), user: { id: bob.id } });
      await promoted.get('/admin/users', 403);
      assert.equal((await promoted.get('/users/me', 200)).role, 'user');
      const elsewhere = person(app, { access_token: forge({ ...claims, sub: '1', username: 'admin' }) });
      const reply = await elsewhere.request('GET', '/users/me');
      assert.notEqual(reply.data?.id, 1);
    });

    it('end after fifteen minutes', async () => {
      const carol = await app.register('carol');
      clock.advance(899_000);
      await carol.get('/users/me', 200);
      clock.advance(1_000);
      await carol.get('/users/me', 401);
    });
  });

  describe(`refresh tokens (${engine})`, async () => {
    const clock = movableClock();
    const app = await createTestApp(engine, {}, { now: clock.now });
    after(app.close);
    const exchange = (refresh_token: unknown) =>
      app.stranger.request('POST', '/auth/refresh', { body: { refresh_token } });
    const refreshed = async (token: string): Promise<Person> => {
      const { status, data, text } = await exchange(token);
      assert.equal(status, 200, text);
      return person(app, data);
    };
    const isDead = async (...people: Person[]) => {
      for (const each of people) {
        await each.get('/users/me', 401);
        assert.equal((await exchange(each.refreshToken)).status, 401);
      }
    };

    it('give a new pair of the login’s shape, once', async () => {
      const alice = await app.register('alice');
      const { data } = await exchange(alice.refreshToken);
      assert.deepEqual(Object.keys(data), ['access_token', 'refresh_token', 'expires_in', 'user']);
      assert.notEqual(data.refresh_token, alice.refreshToken);
      assert.deepEqual(data.user, await alice.get('/users/me', 200));
      const next = person(app, data);
      assert.equal(claimsOf(next.token).sid, claimsOf(alice.token).sid);
      await next.get('/users/me', 200);
      const [session] = (await next.get('/auth/sessions', 200)).sessions;
      assert.equal(session.last_used_at, new Date(clock.now()).toISOString());
    });

    it('give two tabs at once the same successor', async () => {
      const alice = await app.login('alice');
      const replies = await Promise.all(Array.from({ length: 5 }, () => exchange(alice.refreshToken)));
      assert.deepEqual(
        replies.map(({ status }) => status),
        [200, 200, 200, 200, 200],
      );
      assert.equal(new Set(replies.map(({ data }) => data.refresh_token)).size, 1);
      clock.advance(10_000);
      const late = await refreshed(alice.refreshToken);
      assert.equal(late.refreshToken, replies[0]?.data.refresh_token);
      await refreshed(late.refreshToken);
    });

    it('end the session when used again later', async () => {
      const stolen = await app.login('alice');
      const owner = await refreshed(stolen.refreshToken);
      const elsewhere = await app.login('alice');
      clock.advance(10_001);
      assert.equal((await exchange(stolen.refreshToken)).status, 401);
      await isDead(owner, stolen);
      await elsewhere.get('/users/me', 200);
      const sql = `select e.data, e.actor_id, a.user_id from events e join audit_log a on a.event_id = e.id
        where e.type = 'session_ended' order by e.id desc limit 1`;
      const [row] = await app.deps.db.reader.all(textOf(sql), []);
      const sid = claimsOf(stolen.token).sid;
      assert.deepEqual(JSON.parse(String(row?.data)), { session_ids: [sid], reason: 'token_reused' });
      assert.equal(row?.user_id, elsewhere.id);
    });

    it('end the session when used again after their successor was, however soon', async () => {
      const first = await app.login('alice');
      const second = await refreshed(first.refreshToken);
      const third = await refreshed(second.refreshToken);
      assert.equal((await exchange(first.refreshToken)).status, 401);
      await isDead(third, second, first);
    });

    it('let only one of many thieves and owners go on', async () => {
      const start = await app.login('alice');
      const next = await refreshed(start.refreshToken);
      clock.advance(10_001);
      const replies = await Promise.all([start, next, start, next].map(({ refreshToken }) => exchange(refreshToken)));
      assert.deepEqual([replies[0]?.status, replies[2]?.status], [401, 401]);
      await isDead(start, next);
    });

    it('are refused with one and the same answer', async () => {
      const [alice, bob] = [await app.login('alice'), await app.register('bob')];
      const spent = await app.login('alice');
      await refreshed((await refreshed(spent.refreshToken)).refreshToken);
      await exchange(spent.refreshToken);
      await bob.post('/auth/logout', undefined, 204);
      const refused = await app.unchanged(() =>
        Promise.all(
          [
            '',
            'x',
            `${alice.refreshToken}x`,
            alice.refreshToken.slice(0, -1),
            alice.refreshToken.toUpperCase(),
            alice.token,
            bob.refreshToken,
            spent.refreshToken,
            'f4a2c8e1-8b5d-4c9e-9f2a-1e3d5c7b9a0f',
            'x'.repeat(3_000),
            '\ud83d\ude00',
          ].map(exchange),
        ),
      );
      for (const [i, reply] of refused.entries())
        assert.deepEqual(withoutTrace(reply), withoutTrace(refused[0] as Reply), `number ${i}`);
      assert.deepEqual([refused[0]?.status, refused[0]?.error.code], [401, 'INVALID_TOKEN']);
      for (const bad of [7, null, ['x'], { token: 'x' }, undefined]) assert.equal((await exchange(bad)).status, 400);
    });

    it('keep a session for seven days unused, and for thirty in all', async () => {
      const idle = await app.login('alice');
      let used = await app.login('alice');
      clock.advance(6 * DAY);
      used = await refreshed(used.refreshToken);
      clock.advance(DAY);
      await isDead(idle);
      for (let day = 7; day < 29; day++) {
        clock.advance(DAY);
        used = await refreshed(used.refreshToken);
        await used.get('/users/me', 200);
      }
      clock.advance(DAY);
      assert.equal((await used.get('/users/me', 401)).code, 'INVALID_TOKEN');
      await isDead(used);
    });

    it('are nothing to a suspended account', async () => {
      const bob = await app.login('bob');
      const admin = await app.login('admin');
      await admin.patch(`/admin/users/${bob.id}`, { suspended: true }, 200);
      await isDead(bob);
      await admin.patch(`/admin/users/${bob.id}`, { suspended: false }, 200);
      await isDead(bob);
      await app.login('bob', passwordOf('bob'));
    });
  });
}
