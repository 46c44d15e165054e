import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { textOf } from '../src/db/statement.ts';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';

for (const engine of engines) {
  describe(`administering accounts (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const { admin, stranger } = app;
    const [alice, bob] = [await app.register('alice'), await app.register('bob')];
    const moderator = await app.registerAs('moderator', 'mona');
    const events = async (userId: number) => {
      const sql = `select e.type, e.actor_id, a.user_id, e.data from events e join audit_log a on a.event_id = e.id
        where e.user_id = ${userId} and e.actor_id = ${admin.id} order by e.id`;
      return app.deps.db.reader.all(textOf(sql), []);
    };

    it('is for admins alone', async () => {
      await app.unchanged(async () => {
        for (const person of [alice, moderator]) {
          const { details } = await person.patch(`/admin/users/${person.id}`, { role: 'admin' }, 403);
          assert.equal(details.required, 'admin');
          await person.put(`/admin/users/${bob.id}`, { suspended: true }, 403);
          await person.patch('/admin/users/999999', { suspended: true }, 403);
          await person.get('/admin/users', 403);
        }
        await stranger.patch(`/admin/users/${bob.id}`, { suspended: true }, 401);
        await stranger.get('/admin/users', 401);
      });
    });

    it('refuses what is no standing', async () => {
      await app.unchanged(async () => {
        for (const body of [{ role: 'owner' }, { role: null }, { suspended: 'yes' }, { suspended: 1 }, { id: 7 }, '[]'])
          await admin.patch(`/admin/users/${bob.id}`, body, 400);
        await admin.patch('/admin/users/999999', { suspended: true }, 404);
        await admin.patch('/admin/users/x', { suspended: true }, 400);
        await admin.patch(`/admin/users/${bob.id}`, {}, 200);
        await admin.patch(`/admin/users/${bob.id}`, { role: 'user', suspended: false }, 200);
      });
    });

    it('gives a role that acts at the next request', async () => {
      const { role, suspended, email } = await admin.put(`/admin/users/${alice.id}`, { role: 'guest' }, 200);
      assert.deepEqual([role, suspended, email], ['guest', false, 'alice@example.com']);
      await alice.get('/users/search?q=bob', 403);
      assert.equal((await alice.get('/users/me', 200)).role, 'guest');
      await admin.patch(`/admin/users/${alice.id}`, { role: 'user' }, 200);
      await alice.get('/users/search?q=bob', 200);
      const [first, second] = await events(alice.id);
      assert.deepEqual([first?.type, first?.user_id], ['user_role_changed', alice.id]);
      assert.deepEqual(JSON.parse(String(second?.data)), { role: 'user', former_role: 'guest' });
    });

    it('suspends at once: every session ends, and nothing opens a new one until restored', async () => {
      const [here, there] = [await app.login('bob'), await app.login('bob')];
      assert.equal((await admin.patch(`/admin/users/${bob.id}`, { suspended: true }, 200)).suspended, true);
      for (const session of [bob, here, there]) {
        assert.equal((await session.get('/users/me', 401)).code, 'INVALID_TOKEN');
        await stranger.post('/auth/refresh', { refresh_token: session.refreshToken }, 401);
      }
      await stranger.post('/auth/login', { username: 'bob', password: 'password of bob' }, 401);
      assert.equal((await alice.get(`/users/${bob.id}`, 200)).username, 'bob');
      await admin.patch(`/admin/users/${bob.id}`, { suspended: false }, 200);
      await here.get('/users/me', 401);
      await (await app.login('bob')).get('/users/me', 200);
      const [suspended, ended, restored] = await events(bob.id);
      assert.deepEqual(
        [suspended?.type, ended?.type, restored?.type],
        ['user_suspended', 'session_ended', 'user_restored'],
      );
      const { session_ids, reason } = JSON.parse(String(ended?.data));
      assert.deepEqual([session_ids.length, reason], [3, 'suspended']);
    });

    it('the rooms of who is suspended pass to the senior moderator, else the senior member, else end', async () => {
      const owner = await app.register('olga');
      const [senior, junior, latest] = [
        await app.register('sven'),
        await app.register('jana'),
        await app.register('lars'),
      ];
      const [guest, gone] = [await app.registerAs('guest', 'gustav'), await app.register('gesa')];
      const roomOf = async (name: string, ...members: { id: number }[]) => {
        const { id } = await owner.post('/rooms', { name, is_public: false }, 201);
        for (const { id: user_id } of members) await owner.post(`/rooms/${id}/members`, { user_id }, 201);
        return id as number;
      };
      const led = await roomOf('led', gone, senior, junior, latest);
      for (const { id } of [gone, junior, latest])
        await owner.put(`/rooms/${led}/members/${id}`, { role: 'moderator' }, 200);
      const plain = await roomOf('plain', guest, senior, junior);
      const [lonely, guests] = [await roomOf('lonely'), await roomOf('guests', guest)];
      await admin.patch(`/admin/users/${gone.id}`, { suspended: true }, 200);
      await admin.patch(`/admin/users/${owner.id}`, { suspended: true }, 200);
      assert.equal((await senior.get(`/rooms/${led}`, 200)).owner_id, junior.id);
      assert.equal((await senior.get(`/rooms/${plain}`, 200)).owner_id, senior.id);
      await admin.get(`/rooms/${lonely}`, 404);
      assert.equal((await guest.get(`/rooms/${guests}`, 200)).owner_id, owner.id, 'guests own nothing');
      const { members } = await junior.get(`/rooms/${led}/members`, 200);
      const roles = members.map(({ user_id, role }: { user_id: number; role: string }) => [user_id, role]);
      assert.deepEqual(new Map(roles).get(owner.id), 'moderator');
      assert.equal(roles.filter(([, role]: [number, string]) => role === 'owner').length, 1);
      assert.equal((await admin.get('/admin/consistency', 200)).ok, true);
      await admin.patch(`/admin/users/${owner.id}`, { suspended: false }, 200);
      assert.equal((await (await app.login('olga')).get(`/rooms/${led}`, 200)).owner_id, junior.id);
    });

    it('so do the rooms of who becomes a guest, but for those with nobody else', async () => {
      const [owner, member] = [await app.register('otto'), await app.register('maja')];
      const [shared, alone] = [
        await owner.post('/rooms', { name: 'shared' }, 201),
        await owner.post('/rooms', { name: 'alone' }, 201),
      ];
      await member.post(`/rooms/${shared.id}/join`, {}, 201);
      await admin.patch(`/admin/users/${owner.id}`, { role: 'guest' }, 200);
      assert.equal((await member.get(`/rooms/${shared.id}`, 200)).owner_id, member.id);
      assert.equal((await admin.get(`/rooms/${alone.id}`, 200)).owner_id, owner.id);
    });

    it('leaves one admin, whoever removes whom at the same time', async () => {
      await app.unchanged(async () => {
        for (const body of [{ role: 'user' }, { suspended: true }, { role: 'guest', suspended: true }]) {
          const error = await admin.patch(`/admin/users/${admin.id}`, body, 409);
          assert.deepEqual([error.code, error.details.reason], ['RESOURCE_CONFLICT', 'last_admin']);
        }
      });
      const second = await app.registerAs('admin', 'second');
      const replies = await Promise.all([
        admin.request('PATCH', `/admin/users/${second.id}`, { body: { role: 'user' } }),
        second.request('PATCH', `/admin/users/${admin.id}`, { body: { role: 'user' } }),
      ]);
      assert.equal(replies.filter(({ status }) => status === 200).length, 1);
      const sql = `select count(*) as n from users where role = 'admin' and is_suspended = 0`;
      assert.equal((await app.deps.db.reader.all(textOf(sql), []))[0]?.n, 1);
    });
  });

  describe(`the list of accounts (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    for (const name of ['carol', 'alice', 'bob']) await app.register(name);
    const names = (page: { users: { username: string }[] }) => page.users.map(({ username }) => username);

    it('shows everybody by id, or who is searched for', async () => {
      const all = await app.admin.get('/admin/users', 200);
      assert.deepEqual([names(all), all.total, all.has_more], [['admin', 'carol', 'alice', 'bob'], 4, false]);
      assert.deepEqual([all.users[1].email, all.users[1].suspended], ['carol@example.com', false]);
      const page = await app.admin.get('/admin/users?limit=2&offset=1', 200);
      assert.deepEqual([names(page), page.total, page.has_more], [['carol', 'alice'], 4, true]);
      for (const asked of ['ali', 'alice@EX']) {
        const found = await app.admin.get(`/admin/users?search=${asked}`, 200);
        assert.deepEqual([names(found), found.total], [['alice'], 1]);
      }
      assert.deepEqual(names(await app.admin.get('/admin/users?search=%25', 200)), []);
      for (const bad of ['limit=101', 'offset=-1', 'offset=10001', 'search=']) {
        await app.admin.get(`/admin/users?${bad}`, 400);
      }
    });
  });
}
