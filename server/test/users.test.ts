import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';
import { movableClock } from './harness/auth.ts';
import type { Person } from './harness/people.ts';

for (const engine of engines) {
  describe(`profiles (${engine})`, async () => {
    const clock = movableClock();
    const app = await createTestApp(engine, { ACCESS_TOKEN_SECONDS: '86400' }, { now: clock.now });
    after(app.close);
    const { admin, stranger } = app;
    const [alice, bob] = [await app.register('alice'), await app.register('bob')];
    const guest = await app.registerAs('guest', 'gustav');
    const nothing = { display_name: null, avatar_url: null, status_message: null };

    it('show the e-mail to their owner and to admins only', async () => {
      const own = await alice.get('/users/me', 200);
      const { id, uuid, created_at, updated_at, last_seen, ...rest } = own;
      assert.equal(id, alice.id);
      assert.deepEqual(rest, {
        username: 'alice',
        email: 'alice@example.com',
        ...nothing,
        role: 'user',
        is_online: false,
        status: 'offline',
      });
      assert.deepEqual(await alice.get(`/users/${alice.id}`, 200), own);
      assert.deepEqual(await admin.get(`/users/${alice.id}`, 200), own);
      const { email, ...shown } = own;
      for (const reader of [bob, guest]) assert.deepEqual(await reader.get(`/users/${alice.id}`, 200), shown);
    });

    it('are 401 to strangers, 404 when there is nobody, 400 when the id is none', async () => {
      await stranger.get('/users/me', 401);
      await stranger.get(`/users/${alice.id}`, 401);
      await stranger.get('/users/999999', 401);
      for (const id of ['999999', '9007199254740991']) {
        assert.equal((await bob.get(`/users/${id}`, 404)).code, 'USER_NOT_FOUND');
      }
      for (const id of ['0', '-1', '1.5', '1e3', '01', 'bob', '9007199254740992', '%00', "1'"]) {
        assert.equal((await bob.get(`/users/${id}`, 400)).code, 'VALIDATION_FAILED', id);
      }
    });

    it('change by parts; null clears, and changing nothing changes nothing', async () => {
      const change = {
        email: ' Alice@Elsewhere.example',
        display_name: ' Alice  Müller ',
        avatar_url: 'https://example.com/a.png',
        status_message: 'En développement',
      };
      clock.advance(1_000);
      const changed = await alice.put('/users/me', change, 200);
      assert.deepEqual(
        [changed.email, changed.display_name, changed.avatar_url, changed.status_message],
        ['alice@elsewhere.example', 'Alice  Müller', change.avatar_url, change.status_message],
      );
      assert.equal(changed.updated_at, new Date(clock.now()).toISOString());
      clock.advance(1_000);
      await app.unchanged(async () => {
        const last_seen = new Date(clock.now()).toISOString();
        assert.deepEqual(await alice.put('/users/me', {}, 200), { ...changed, last_seen });
        await alice.patch('/users/me', change, 200);
        await alice.patch('/users/me', { username: 'alice' }, 200);
      });
      const cleared = await alice.patch('/users/me', nothing, 200);
      assert.deepEqual({ ...cleared, ...nothing }, cleared);
      assert.equal(cleared.email, changed.email);
      assert.equal((await alice.patch('/users/me', { status_message: '' }, 200)).status_message, '');
    });

    it('are their owner’s to change, whatever the server role', async () => {
      for (const role of ['guest', 'bot', 'moderator', 'admin'] as const) {
        const person = await app.registerAs(role, `as-${role}`);
        const { status_message } = await person.put('/users/me', { status_message: role }, 200);
        assert.equal(status_message, role);
        await person.put(`/users/${alice.id}`, { status_message: role }, 405);
        await person.post('/auth/logout', undefined, 204);
      }
    });

    it('refuse what may not be in them, naming the field', async () => {
      const bad: [object, string, string][] = [
        [{ role: 'admin' }, 'role', 'unknown_field'],
        [{ id: 1 }, 'id', 'unknown_field'],
        [{ is_active: false }, 'is_active', 'unknown_field'],
        [{ password: 'long enough' }, 'password', 'unknown_field'],
        [{ username: 'me' }, 'username', 'too_short'],
        [{ username: 'Root' }, 'username', 'reserved'],
        [{ username: null }, 'username', 'wrong_type'],
        [{ username: 7 }, 'username', 'wrong_type'],
        [{ username: 'a b c' }, 'username', 'forbidden_characters'],
        [{ email: null }, 'email', 'wrong_type'],
        [{ email: 'a@b@c' }, 'email', 'not_an_email'],
        [{ display_name: '\u202eecila' }, 'display_name', 'forbidden_characters'],
        [{ display_name: '' }, 'display_name', 'empty'],
        [{ avatar_url: 'javascript:alert(1)' }, 'avatar_url', 'not_a_url'],
        [{ avatar_url: 'http://u:p@example.com/' }, 'avatar_url', 'not_a_url'],
        [{ status_message: 'x'.repeat(201) }, 'status_message', 'too_long'],
        [{ status_message: `a${'\u0301'.repeat(21)}` }, 'status_message', 'too_many_combining_marks'],
      ];
      await app.unchanged(async () => {
        for (const [body, field, reason] of bad) {
          const { details } = await bob.patch('/users/me', body, 400);
          assert.deepEqual([details.field, details.reason], [field, reason], JSON.stringify(body));
        }
        const both = await bob.put('/users/me', { username: 'x', avatar_url: 'x' }, 400);
        assert.equal(both.details.errors.length, 2);
        await stranger.put('/users/me', { display_name: 'x' }, 401);
        await bob.put('/users/me', '[]', 400);
        for (const [field, value] of [
          ['username', 'ALICE'],
          ['email', 'ALICE@elsewhere.example'],
        ] as const) {
          const error = await bob.put('/users/me', { [field]: value }, 409);
          assert.deepEqual([error.code, error.details.field], ['RESOURCE_CONFLICT', field]);
        }
      });
    });

    it('rename once in ten minutes, everywhere at once', async () => {
      const rita = await app.register('rita');
      const room = await rita.post('/rooms', { name: 'Of names' }, 201);
      const said = await rita.post(`/rooms/${room.id}/messages`, { content: 'mine' }, 201);
      assert.equal((await rita.put('/users/me', { username: 'Marguerite' }, 200)).username, 'Marguerite');
      const soon = await rita.put('/users/me', { username: 'Greta' }, 429);
      assert.deepEqual(soon.details, { scope: 'rename', limit: 1, window: 600, retry_after: 600 });
      assert.equal((await rita.put('/users/me', { display_name: 'Greta' }, 200)).display_name, 'Greta');
      assert.equal((await bob.get(`/messages/${said.id}`, 200)).username, 'Marguerite');
      const again = await rita.post(`/rooms/${room.id}/messages`, { content: '@marguerite' }, 201);
      assert.deepEqual([again.username, again.mentions], ['Marguerite', [rita.id]]);
      await app.login('marguerite', 'password of rita');
      await stranger.post('/auth/login', { username: 'rita', password: 'password of rita' }, 401);
      clock.advance(600_000);
      await rita.put('/users/me', { username: 'MARGUERITE' }, 200);
      await bob.put('/users/me', { username: 'rita' }, 200);
    });

    it('give a name to one of many who rename themselves to it at once', async () => {
      const people: Person[] = [];
      for (let i = 0; i < 8; i++) people.push(await app.register(`racer-${i}`));
      const replies = await Promise.all(
        people.map((each) => each.request('PUT', '/users/me', { body: { username: 'winner' } })),
      );
      const statuses = replies.map(({ status }) => status).sort();
      assert.deepEqual(statuses, [200, ...Array(7).fill(409)]);
    });

    it('are not sent again to whoever has them', async () => {
      const first = await bob.request('GET', `/users/${alice.id}`);
      const etag = String(first.headers.etag);
      const second = await bob.request('GET', `/users/${alice.id}`, { headers: { 'if-none-match': etag } });
      assert.deepEqual([first.status, second.status], [200, 304]);
      await alice.put('/users/me', { display_name: 'Alice' }, 200);
      const third = await bob.request('GET', `/users/${alice.id}`, { headers: { 'if-none-match': etag } });
      assert.equal(third.status, 200);
    });

    it('say when somebody was last signed in', async () => {
      const idle = await app.register('idle');
      const was = new Date(clock.now()).toISOString();
      clock.advance(60_000);
      assert.equal((await bob.get(`/users/${idle.id}`, 200)).last_seen, was);
      await idle.get('/users/me', 200);
      assert.equal((await bob.get(`/users/${idle.id}`, 200)).last_seen, new Date(clock.now()).toISOString());
    });
  });

  describe(`finding people (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const names: [string, string | null][] = [
      ['john', null],
      ['johnny', 'Zoë Ængström'],
      ['mary_john', null],
      ['elton', 'Sir Elton John'],
      ['Jo-Hannes', 'हिन्दी'],
      ['taro', '山田 太郎'],
      ['x___y', '50% off_ \\o/'],
    ];
    const seeker = await app.register('seeker');
    for (const [username, display_name] of names) {
      const person = await app.register(username);
      if (display_name) await person.put('/users/me', { display_name }, 200);
    }
    const found = async (q: string, by = seeker) => {
      const page = await by.get(`/users/search?q=${encodeURIComponent(q)}`, 200);
      assert.deepEqual([page.total, page.has_more], [page.users.length, false]);
      return page.users.map(({ username }: { username: string }) => username);
    };

    it('goes by the beginnings of words, best first', async () => {
      assert.deepEqual(await found('john'), ['john', 'johnny', 'elton', 'mary_john']);
      assert.deepEqual(await found('JOHN'), ['john', 'johnny', 'elton', 'mary_john']);
      assert.deepEqual(await found('joh elt'), ['elton']);
      assert.deepEqual(await found('elton sir john'), ['elton']);
      assert.deepEqual(await found('mary_jo'), ['mary_john']);
      assert.deepEqual(await found('zoe'), ['johnny']);
      assert.deepEqual(await found('aengstrom'), ['johnny']);
      assert.deepEqual(await found('太'), ['taro']);
      assert.deepEqual(await found('हिन्'), ['Jo-Hannes']);
      assert.deepEqual(await found('ohn'), []);
      assert.deepEqual(await found('john nobody'), []);
    });

    it('shows cards, in pages', async () => {
      const page = await seeker.get('/users/search?q=john&limit=2', 200);
      assert.deepEqual([page.total, page.has_more, page.users.length], [4, true, 2]);
      assert.deepEqual(Object.keys(page.users[0]), [
        'id',
        'uuid',
        'username',
        'display_name',
        'avatar_url',
        'is_online',
        'status',
        'last_seen',
      ]);
      const rest = await seeker.get('/users/search?q=john&limit=2&offset=2', 200);
      assert.deepEqual([rest.total, rest.has_more, rest.users[0].username], [4, false, 'elton']);
    });

    it('takes every sign for itself', async () => {
      for (const q of ['%', '_', '\\', '___', "' or 1=1 --", '"', '*', '🎉', '()', ':*', '&|!']) {
        assert.deepEqual(await found(q), [], q);
      }
      assert.deepEqual(await found('x_'), ['x___y']);
      assert.deepEqual(await found('50%'), ['x___y']);
      assert.deepEqual(await found('q '.repeat(50)), []);
      for (const bad of ['', 'q=', 'q=%00', `q=${'x'.repeat(101)}`, 'q=a&limit=0', 'q=a&limit=101', 'q=a&q=b']) {
        await seeker.get(`/users/search?${bad}`, 400);
      }
    });

    it('never goes by e-mail, except for admins', async () => {
      assert.deepEqual(await found('elton@example'), []);
      assert.deepEqual(await found('elton@example', app.admin), ['elton']);
      assert.deepEqual(await found('ELTON@EXAMPLE.COM', app.admin), ['elton']);
    });

    it('follows new names and forgets old ones', async () => {
      const person = await app.register('caterpillar');
      await person.put('/users/me', { username: 'butterfly', display_name: 'Monarch' }, 200);
      assert.deepEqual(
        [await found('caterpillar'), await found('butter'), await found('monarch')],
        [[], ['butterfly'], ['butterfly']],
      );
      await person.put('/users/me', { display_name: null }, 200);
      assert.deepEqual(await found('monarch'), []);
    });

    it('is not for guests and strangers', async () => {
      const guest = await app.registerAs('guest', 'gustav');
      const { details } = await guest.get('/users/search?q=john', 403);
      assert.deepEqual(details, { required: 'user', your_role: 'guest' });
      await app.stranger.get('/users/search?q=john', 401);
    });
  });
}
