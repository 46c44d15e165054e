import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { ownCtx } from '../src/context.ts';
import { textOf } from '../src/db/statement.ts';
import { forgetSessions } from '../src/modules/auth/forget.ts';
import { engines } from './engines.ts';
import { createTestApp, passwordOf } from './harness/app.ts';
import { movableClock, withoutTrace } from './harness/auth.ts';
import { person } from './harness/people.ts';

for (const engine of engines) {
  describe(`signing in (${engine})`, async () => {
    const clock = movableClock();
    const app = await createTestApp(engine, { MAX_SESSIONS_PER_USER: '3' }, { now: clock.now });
    after(app.close);
    const { stranger } = app;
    const login = (username: string, password = passwordOf(username)) =>
      stranger.request('POST', '/auth/login', { body: { username, password } });
    const ended = async (reason: string) => {
      const sql = `select data from events where type = 'session_ended' order by id desc limit 1`;
      const [row] = await app.deps.db.reader.all(textOf(sql), []);
      const data = JSON.parse(String(row?.data));
      assert.equal(data.reason, reason);
      return data.session_ids as string[];
    };

    it('answers the documented shape to a registration and to a login, by name in any case or by e-mail', async () => {
      const body = { username: 'John_Doe', email: ' John@Example.com ', password: 'secure_password123' };
      const registered = await stranger.post('/auth/register', { ...body, display_name: ' John  D. ' }, 201);
      const { access_token, refresh_token, expires_in, user } = registered;
      assert.deepEqual([expires_in, access_token.split('.').length], [900, 3]);
      assert.match(refresh_token, /^\S{43,}$/);
      const { id, uuid, created_at, updated_at, last_seen, ...rest } = user;
      assert.deepEqual([created_at, updated_at, last_seen], Array(3).fill(new Date(clock.now()).toISOString()));
      assert.deepEqual(rest, {
        username: 'John_Doe',
        email: 'john@example.com',
        display_name: 'John  D.',
        avatar_url: null,
        status_message: null,
        role: 'user',
        is_online: false,
        status: 'offline',
      });
      assert.deepEqual(await person(app, registered).get('/users/me', 200), user);
      for (const name of ['John_Doe', 'JOHN_DOE', 'john@example.com', 'JOHN@example.com ']) {
        const reply = await login(name, 'secure_password123');
        assert.deepEqual([reply.status, reply.data.user.id, reply.data.user.uuid], [200, id, uuid]);
        assert.deepEqual(Object.keys(reply.data), ['access_token', 'refresh_token', 'expires_in', 'user']);
      }
      const claims = JSON.parse(Buffer.from(access_token.split('.')[1], 'base64url').toString());
      const { sub, username, role, sid, jti, iat, exp, iss, aud, ...more } = claims;
      assert.deepEqual([sub, username, role, more], [String(id), 'John_Doe', 'user', {}]);
      assert.ok(sid && jti && iss && aud);
      assert.equal(exp - iat, 900);
    });

    it('gives one identical answer whatever is wrong with a login', async () => {
      const suspended = await app.register('suspended');
      await app.admin.patch(`/admin/users/${suspended.id}`, { suspended: true }, 200);
      const refused = await app.unchanged(() =>
        Promise.all([
          login('nobody-has-this-name', 'whatever it is'),
          login('nobody@example.com', 'whatever it is'),
          login('john_doe', 'Secure_password123'),
          login('john_doe', 'short'),
          login('john_doe', 'x'.repeat(1_000)),
          login('suspended'),
          login("' or 1=1 --", 'whatever it is'),
          login('\ud83d\ude00', 'whatever it is'),
        ]),
      );
      for (const reply of refused) assert.deepEqual(withoutTrace(reply), withoutTrace(refused[0]));
      assert.deepEqual([refused[0].status, refused[0].error.code], [401, 'INVALID_CREDENTIALS']);
    });

    it('refuses bodies that are no login, naming the field', async () => {
      const bad: [unknown, string][] = [
        [{ username: 'john_doe' }, 'password'],
        [{ password: 'x' }, 'username'],
        [{ username: 7, password: 'x' }, 'username'],
        [{ username: 'john_doe', password: ['x'] }, 'password'],
        [{ username: 'john_doe', password: { $ne: '' } }, 'password'],
        [{ username: 'john_doe', password: null }, 'password'],
        [{ username: '', password: 'x' }, 'username'],
        [{ username: 'nul\u0000', password: 'x' }, 'username'],
        [{ username: 'x'.repeat(255), password: 'x' }, 'username'],
        [{ username: 'john_doe', password: 'x', admin: true }, 'admin'],
      ];
      for (const [body, field] of bad) {
        const error = await stranger.post('/auth/login', body, 400);
        assert.deepEqual([error.code, error.details.field], ['VALIDATION_FAILED', field]);
      }
      await stranger.post('/auth/login', '{"username":', 400);
      await stranger.post('/auth/login', { username: 'john_doe', password: 'x'.repeat(5_000) }, 413);
      await stranger.get('/auth/login', 405);
    });

    it('makes nothing of a registration that is not in order, and names everything that is wrong with it', async () => {
      const good = { username: 'fine', email: 'fine@example.com', password: 'long enough' };
      const bad: [object, string, string][] = [
        [{ username: 'ab' }, 'username', 'too_short'],
        [{ username: 'x'.repeat(51) }, 'username', 'too_long'],
        [{ username: 'with space' }, 'username', 'forbidden_characters'],
        [{ username: 'аdmin' }, 'username', 'forbidden_characters'],
        [{ username: 'ADMIN' }, 'username', 'reserved'],
        [{ username: 'Everyone' }, 'username', 'reserved'],
        [{ email: 'no address' }, 'email', 'not_an_email'],
        [{ email: `${'x'.repeat(250)}@example.com` }, 'email', 'too_long'],
        [{ password: '1234567' }, 'password', 'too_short'],
        [{ password: 'x'.repeat(257) }, 'password', 'too_long'],
        [{ display_name: ' \u200b ' }, 'display_name', 'empty'],
        [{ display_name: 'x'.repeat(101) }, 'display_name', 'too_long'],
        [{ display_name: 7 }, 'display_name', 'wrong_type'],
        [{ role: 'admin' }, 'role', 'unknown_field'],
        [{ email: undefined }, 'email', 'required'],
      ];
      await app.unchanged(async () => {
        for (const [change, field, reason] of bad) {
          const error = await stranger.post('/auth/register', { ...good, ...change }, 400);
          assert.deepEqual([error.details.field, error.details.reason], [field, reason], JSON.stringify(change));
        }
        const all = { username: 'a', email: 'b', password: 'c', display_name: 7, role: 'admin' };
        const { details } = await stranger.post('/auth/register', all, 400);
        assert.deepEqual(
          details.errors.map(({ field, reason }: { field: string; reason: string }) => `${field} ${reason}`),
          [
            'role unknown_field',
            'username too_short',
            'email not_an_email',
            'password too_short',
            'display_name wrong_type',
          ],
        );
        for (const taken of ['john_doe', 'JOHN_DOE']) {
          const error = await stranger.post('/auth/register', { ...good, username: taken }, 409);
          assert.deepEqual([error.code, error.details.field], ['RESOURCE_CONFLICT', 'username']);
        }
        const error = await stranger.post('/auth/register', { ...good, email: 'JOHN@EXAMPLE.com' }, 409);
        assert.equal(error.details.field, 'email');
      });
      const shortest = { username: 'abc', email: 'a@b', password: '8 chars.', display_name: null };
      await stranger.post('/auth/register', shortest, 201);
      await stranger.post('/auth/register', { username: 'y'.repeat(50), email: 'y@b', password: 'é'.repeat(256) }, 201);
    });

    it('gives a name to one of twenty who want it at once', async () => {
      const wanting = (field: 'username' | 'email') =>
        Array.from({ length: 20 }, (_, i) => ({
          username: field === 'username' ? (i % 2 ? 'wanted' : 'WANTED') : `other-${i}`,
          email: field === 'email' ? 'Wanted@mail.example' : `${i}@example.com`,
          password: 'long enough',
        }));
      for (const field of ['username', 'email'] as const) {
        const register = (body: unknown) => stranger.request('POST', '/auth/register', { body });
        const replies = await Promise.all(wanting(field).map(register));
        const lost = replies.filter(({ status }) => status === 409);
        assert.deepEqual([replies.filter(({ status }) => status === 201).length, lost.length], [1, 19]);
        for (const { error } of lost) assert.equal(error.details.field, field);
      }
      const found = await app.admin.get('/admin/users?search=wanted', 200);
      assert.equal(found.total, 2);
    });

    it('puts whoever signs up into the default room, at its present end', async () => {
      await app.admin.post('/rooms/1/messages', { content: 'before' }, 201);
      const before = await app.admin.get('/rooms/1', 200);
      const newcomer = await app.register('newcomer');
      const room = await newcomer.get('/rooms/1', 200);
      assert.deepEqual(
        [room.name, room.is_public, room.my_role, room.unread_count, room.member_count - before.member_count],
        ['General', true, 'member', 0, 1],
      );
      await app.admin.post('/rooms/1/messages', { content: 'after' }, 201);
      assert.equal((await newcomer.get('/rooms/1', 200)).unread_count, 1);
      await newcomer.post('/rooms/1/messages', { content: 'hello' }, 201);
      const sql = `select type, actor_id from events where user_id = ${newcomer.id} order by id`;
      assert.deepEqual(
        (await app.deps.db.reader.all(textOf(sql), [])).map(({ type, actor_id }) => [type, actor_id]),
        ['user_created', 'user_joined', 'session_started'].map((type) => [type, newcomer.id]),
      );
    });

    it('ends the oldest session when there would be too many', async () => {
      const oldest = await app.register('sam');
      clock.advance(1);
      const second = await app.login('sam');
      clock.advance(1);
      await app.login('sam');
      await oldest.get('/users/me', 200);
      const newest = await app.login('sam');
      await oldest.get('/users/me', 401);
      await second.get('/users/me', 200);
      assert.equal((await newest.get('/auth/sessions', 200)).total, 3);
      assert.equal((await ended('too_many')).length, 1);
      await stranger.post('/auth/refresh', { refresh_token: oldest.refreshToken }, 401);
    });

    it('lists my sessions and ends one, but nobody else’s', async () => {
      const first = await app.register('sid');
      clock.advance(1_000);
      const agent = { 'user-agent': 'Mozilla/5.0 <b>' };
      const body = { username: 'sid', password: passwordOf('sid') };
      const second = person(app, await stranger.post('/auth/login', body, 200, agent));
      const { sessions, total, has_more } = await second.get('/auth/sessions', 200);
      assert.deepEqual([total, has_more], [2, false]);
      const { id, created_at, ...rest } = sessions[0];
      assert.deepEqual(rest, { user_agent: 'Mozilla/5.0 <b>', last_used_at: created_at, current: true });
      assert.deepEqual([sessions[1].current, sessions[1].id === id], [false, false]);
      assert.deepEqual((await second.get('/auth/sessions?limit=1', 200)).has_more, true);

      const other = await app.register('other');
      await app.unchanged(async () => {
        await other.delete(`/auth/sessions/${id}`, 404);
        await other.delete('/auth/sessions/00000000-0000-4000-8000-000000000000', 404);
        await other.delete('/auth/sessions/7', 400);
        await stranger.delete(`/auth/sessions/${id}`, 401);
        await stranger.get('/auth/sessions', 401);
        await second.get('/auth/sessions?limit=0', 400);
      });
      await second.delete(`/auth/sessions/${sessions[1].id}`, 204);
      assert.deepEqual(await ended('revoked'), [sessions[1].id]);
      await first.get('/users/me', 401);
      await second.delete(`/auth/sessions/${sessions[1].id}`, 404);
      const own = await second.delete(`/auth/sessions/${id}`, 200, { prefer: 'return=representation' });
      assert.deepEqual(own, sessions[0]);
      await second.get('/users/me', 401);
    });

    it('signs out here, or everywhere', async () => {
      const [here, there] = [await app.register('luis'), await app.login('luis')];
      await stranger.post('/auth/logout', undefined, 401);
      await here.post('/auth/logout', undefined, 204);
      await here.get('/users/me', 401);
      await here.post('/auth/logout', undefined, 401);
      await stranger.post('/auth/refresh', { refresh_token: here.refreshToken }, 401);
      await there.get('/users/me', 200);
      const again = await app.login('luis');
      await again.post('/auth/logout?all=maybe', undefined, 400);
      const answer = await again.post('/auth/logout?all=true', undefined, 200, { prefer: 'return=representation' });
      assert.equal(answer.sessions.length, 2);
      assert.equal((await ended('logout')).length, 2);
      for (const session of [there, again]) await session.get('/users/me', 401);
    });

    it('changes the password for whoever knows the present one, and ends the other sessions', async () => {
      const [here, there] = [await app.register('paula'), await app.login('paula')];
      const change = (current_password: unknown, new_password: unknown) => ({ current_password, new_password });
      await app.unchanged(async () => {
        const wrong = await here.put('/auth/password', change('not it', 'new password'), 403);
        assert.deepEqual(
          [wrong.code, wrong.details],
          ['PERMISSION_DENIED', { reason: 'wrong_password', required: 'current_password', your_role: 'user' }],
        );
        for (const next of ['short', 'x'.repeat(257), 7, null]) {
          const error = await here.put('/auth/password', change(passwordOf('paula'), next), 400);
          assert.equal(error.details.field, 'new_password');
        }
        await here.put('/auth/password', { new_password: 'new password' }, 400);
        await stranger.put('/auth/password', change(passwordOf('paula'), 'new password'), 401);
      });
      const { ended_sessions } = await here.patch('/auth/password', change(passwordOf('paula'), 'new password'), 200);
      assert.deepEqual(await ended('password_changed'), [ended_sessions[0].id]);
      await here.get('/users/me', 200);
      await there.get('/users/me', 401);
      assert.equal((await login('paula')).status, 401);
      assert.equal((await login('paula', 'new password')).status, 200);
    });

    it('lets one of two who change the password at once win', async () => {
      const [one, two] = [await app.register('twice'), await app.login('twice')];
      const replies = await Promise.all(
        [one, two].map((session, i) =>
          session.request('PUT', '/auth/password', {
            body: { current_password: passwordOf('twice'), new_password: `changed by ${i}` },
          }),
        ),
      );
      const winner = replies.findIndex(({ status }) => status === 200);
      assert.notEqual(winner, -1);
      assert.ok([401, 403].includes((replies[1 - winner] as { status: number }).status));
      assert.equal((await login('twice', `changed by ${winner}`)).status, 200);
      assert.equal((await login('twice', `changed by ${1 - winner}`)).status, 401);
    });

    it('forgets sessions a day after they are over', async () => {
      const left = await app.register('leaver');
      await left.post('/auth/logout', undefined, 204);
      const kept = await app.register('stayer');
      clock.advance(23 * 3_600_000);
      await stranger.post('/auth/refresh', { refresh_token: kept.refreshToken }, 200);
      const before = await forgetSessions(ownCtx(app.deps, 'test'));
      clock.advance(2 * 3_600_000);
      assert.ok((await forgetSessions(ownCtx(app.deps, 'test'))) > 0);
      assert.equal(before, 0);
      await stranger.post('/auth/refresh', { refresh_token: left.refreshToken }, 401);
      assert.equal((await login('stayer')).status, 200);
      const sql = `select count(*) as n from sessions where ended_at is not null`;
      assert.equal((await app.deps.db.reader.all(textOf(sql), []))[0]?.n, 0);
    });
  });

  describe(`closed registration (${engine})`, async () => {
    const app = await createTestApp(engine, { REGISTRATION: 'closed' });
    after(app.close);

    it('is refused, naming what is missing', async () => {
      const body = { username: 'alice', email: 'alice@example.com', password: 'long enough' };
      await app.unchanged(async () => {
        const error = await app.stranger.post('/auth/register', body, 403);
        assert.deepEqual(error.details, { reason: 'registration_closed', required: 'admin', your_role: 'none' });
        await app.stranger.post('/auth/register', { ...body, password: 'short' }, 400);
      });
    });
  });
}
