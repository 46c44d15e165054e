import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { textOf } from '../../src/db/statement.ts';
import { routes } from '../../src/routes.ts';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';

const roomNames = (list: { rooms: { name: string }[] }) => list.rooms.map(({ name }) => name);

async function auditOf(app: TestApp, action: string) {
  return app.deps.db.reader.all(textOf(`select container_id, actor_id from audit_log where action = '${action}'`), []);
}

// What the cells of the table leave unsaid.
for (const engine of engines) {
  describe(`rules behind the permission table (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const [alice, bob, carol] = [await app.register('alice'), await app.register('bob'), await app.register('carol')];
    const guest = await app.registerAs('guest', 'gerda');
    const privateRoom = await alice.post('/rooms', { name: 'behind doors', is_public: false }, 201);
    const said = await alice.post(`/rooms/${privateRoom.id}/messages`, { content: 'between us' }, 201);

    it('nobody without a valid token gets anywhere but through the public routes', async () => {
      const suspended = await app.register('sue');
      await app.admin.patch(`/admin/users/${suspended.id}`, { suspended: true }, 200);
      await app.unchanged(async () => {
        for (const { method, path, scope } of routes) {
          if (scope === 'public') continue;
          const filled = path.replace('{session_id}', '00000000-0000-4000-8000-000000000000').replace(/\{\w+\}/g, '1');
          for (const person of [app.stranger, suspended]) {
            const { status, error } = await person.request(method, filled);
            assert.equal(`${status} ${error?.code}`, '401 INVALID_TOKEN', `${method} ${path}`);
          }
        }
      });
    });

    it('a guest put into a private room reads there and nothing else', async () => {
      await alice.post(`/rooms/${privateRoom.id}/members`, { user_id: guest.id }, 201);
      await guest.get(`/rooms/${privateRoom.id}`, 200);
      await guest.get(`/messages/${said.id}`, 200);
      await app.unchanged(async () => {
        const error = await guest.post(`/rooms/${privateRoom.id}/messages`, { content: 'may I?' }, 403);
        assert.deepEqual(error.details, { required: 'member', your_role: 'guest' });
        await guest.post(`/messages/${said.id}/pin`, {}, 403);
        await guest.post(`/rooms/${privateRoom.id}/leave`, {}, 403);
      });
      assert.deepEqual((await guest.get(`/rooms/${privateRoom.id}`, 200)).can, [
        'room.read',
        'message.list',
        'file.read',
      ]);
      await alice.delete(`/rooms/${privateRoom.id}/members/${guest.id}`, 204);
      await guest.get(`/rooms/${privateRoom.id}`, 404);
    });

    it('lists never show a private room one is not in', async () => {
      for (const person of [bob, guest, app.admin]) {
        for (const query of ['', '?filter=private', '?filter=joined', '?filter=owned', '?search=behind'])
          assert.equal(roomNames(await person.get(`/rooms${query}`, 200)).includes('behind doors'), false, query);
      }
      assert.ok(roomNames(await app.admin.get('/rooms?filter=all', 200)).includes('behind doors'));
      assert.ok(roomNames(await alice.get('/rooms', 200)).includes('behind doors'));
    });

    it('each look of an admin into a private room is audited, and a look at what is not there is none', async () => {
      const looks = async () => (await auditOf(app, 'private_room_read')).length;
      const before = await looks();
      const paths = [`/rooms/${privateRoom.id}`, `/rooms/${privateRoom.id}/messages`, `/messages/${said.id}/thread`];
      for (const path of paths) await app.admin.get(path, 200);
      assert.equal(await looks(), before + paths.length);
      const gone = await alice.post(`/rooms/${privateRoom.id}/messages`, { content: 'taken back' }, 201);
      await alice.delete(`/messages/${gone.id}`, 204);
      await app.unchanged(() => app.admin.get(`/messages/${gone.id}`, 404));
      await app.unchanged(() => app.admin.post(`/rooms/${privateRoom.id}/messages`, { content: 'x' }, 403));
    });

    it('one lifts one’s own block and not the other’s', async () => {
      const { id } = await alice.post('/conversations', { user_id: bob.id }, 201);
      await alice.post(`/conversations/${id}/block`, { blocked: true }, 200);
      const seen = await bob.post(`/conversations/${id}/block`, { blocked: false }, 200);
      assert.deepEqual([seen.is_blocked, seen.blocked_by_me], [true, false]);
      await app.unchanged(() => bob.post(`/conversations/${id}/messages`, { content: 'x' }, 403));
      await alice.post(`/conversations/${id}/block`, { blocked: false }, 200);
      await bob.post(`/conversations/${id}/messages`, { content: 'again' }, 201);
    });

    it('the reuse of a refresh token ends its whole family', async () => {
      const refresh = (refresh_token: string, status: number) =>
        app.stranger.post('/auth/refresh', { refresh_token }, status);
      const { refreshToken, token } = await app.login('carol');
      const second = await refresh(refreshToken, 200);
      const third = await refresh(second.refresh_token, 200);
      assert.equal((await refresh(refreshToken, 401)).code, 'INVALID_TOKEN');
      await refresh(third.refresh_token, 401);
      const headers = { authorization: `Bearer ${token}` };
      assert.equal((await app.stranger.request('GET', '/users/me', { headers })).status, 401);
      await carol.get('/users/me', 200);
    });

    it('a guest has no conversations, not even those he had before', async () => {
      const greta = await app.register('greta');
      const { id } = await greta.post('/conversations', { user_id: bob.id }, 201);
      const message = await greta.post(`/conversations/${id}/messages`, { content: 'as a user' }, 201);
      await app.admin.patch(`/admin/users/${greta.id}`, { role: 'guest' }, 200);
      await app.unchanged(async () => {
        assert.equal((await greta.get(`/conversations/${id}`, 404)).code, 'CONVERSATION_NOT_FOUND');
        await greta.post(`/conversations/${id}/messages`, { content: 'as a guest' }, 404);
        assert.equal((await greta.delete(`/messages/${message.id}`, 404)).code, 'MESSAGE_NOT_FOUND');
      });
      await bob.get(`/messages/${message.id}`, 200);
    });

    it('a server role outweighs what a room knows of a person', async () => {
      const room = await alice.post('/rooms', { name: 'before the office' }, 201);
      const [ada, adam] = [await app.register('ada'), await app.register('adam')];
      await alice.put(`/rooms/${room.id}/bans/${ada.id}`, {}, 200);
      await alice.post(`/rooms/${room.id}/members`, { user_id: adam.id, role: 'moderator' }, 201);
      await ada.get(`/rooms/${room.id}`, 403);
      for (const { id } of [ada, adam]) await app.admin.patch(`/admin/users/${id}`, { role: 'admin' }, 200);
      await ada.get(`/rooms/${room.id}/messages`, 200);
      await app.unchanged(async () => {
        const role = `/rooms/${room.id}/members/${adam.id}`;
        for (const person of [alice, ada, app.admin]) {
          assert.equal((await person.put(role, { role: 'member' }, 403)).details.required, 'higher_rank');
          assert.equal((await person.delete(role, 403)).details.required, 'higher_rank');
        }
      });
      await adam.delete(`/rooms/${room.id}/members/${adam.id}`, 204);
    });

    it('a right that is lost is lost at once', async () => {
      const room = await alice.post('/rooms', { name: 'ours' }, 201);
      await alice.post(`/rooms/${room.id}/members`, { user_id: bob.id, role: 'moderator' }, 201);
      const message = await alice.post(`/rooms/${room.id}/messages`, { content: 'pin me' }, 201);
      await bob.post(`/messages/${message.id}/pin`, { pinned: true }, 200);
      await alice.put(`/rooms/${room.id}/members/${bob.id}`, { role: 'member' }, 200);
      await app.unchanged(() => bob.post(`/messages/${message.id}/pin`, { pinned: false }, 403));
      await alice.put(`/rooms/${room.id}/bans/${bob.id}`, {}, 200);
      await app.unchanged(() => bob.get(`/messages/${message.id}`, 403));
      await alice.put(`/rooms/${room.id}`, { is_public: false }, 200);
      await app.unchanged(() => bob.get(`/messages/${message.id}`, 404));
      await alice.delete(`/rooms/${room.id}`, 204);
      await app.unchanged(() => alice.get(`/messages/${message.id}`, 404));
    });
  });
}
