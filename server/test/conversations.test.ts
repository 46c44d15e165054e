import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';
import type { Person } from './harness/people.ts';

for (const engine of engines) {
  describe(`conversations (${engine})`, async () => {
    let ahead = 0;
    const app = await createTestApp(engine, {}, { now: () => Date.now() + ahead });
    after(app.close);
    const [alice, bob, mallory] = [
      await app.register('alice'),
      await app.register('bob'),
      await app.register('mallory'),
    ];

    it('are made once per pair, also by both sides at once', async () => {
      const opened = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          (n % 2 ? alice : bob).request('POST', '/conversations', { body: { user_id: n % 2 ? bob.id : alice.id } }),
        ),
      );
      assert.equal(opened.filter(({ status }) => status === 201).length, 1);
      assert.equal(opened.filter(({ status }) => status === 200).length, 19);
      assert.equal(new Set(opened.map(({ data }) => data.id)).size, 1);
      const { id, uuid, other_user, last_message, is_blocked } = await alice.post(
        '/conversations',
        { user_id: bob.id },
        200,
      );
      assert.match(uuid, /^conv-/);
      assert.deepEqual([other_user.id, other_user.username, last_message, is_blocked], [bob.id, 'bob', null, false]);
      assert.equal((await bob.get(`/conversations/${id}`, 200)).other_user.username, 'alice');
    });

    it('refuse oneself, people who are not there, and nonsense', async () => {
      await app.unchanged(async () => {
        assert.equal((await alice.post('/conversations', { user_id: alice.id }, 422)).code, 'UNPROCESSABLE');
        assert.equal((await alice.post('/conversations', { user_id: 999_999 }, 404)).code, 'USER_NOT_FOUND');
        for (const user_id of [0, -1, 1.5, '2', null, {}, [], true]) {
          assert.equal((await alice.post('/conversations', { user_id }, 400)).details.field, 'user_id');
        }
      });
    });

    it('carry messages like rooms do, for the two alone', async () => {
      const { id } = await alice.post('/conversations', { user_id: bob.id }, 200);
      const path = `/conversations/${id}/messages`;
      const sent = await alice.post(path, { content: 'Salut ! Comment ça va ?', parent_message_id: null }, 201);
      assert.deepEqual([sent.room_id, sent.conversation_id, sent.seq], [null, id, 1]);
      const listed = (await bob.get('/conversations', 200)).conversations[0];
      assert.deepEqual(
        [listed.id, listed.unread_count, listed.last_message.content, listed.last_message.author_id, listed.updated_at],
        [id, 1, 'Salut ! Comment ça va ?', alice.id, sent.created_at],
      );
      assert.equal(
        (await bob.get('/conversations?include_last_message=false', 200)).conversations[0].last_message,
        undefined,
      );
      await app.unchanged(async () => {
        for (const other of [mallory, app.admin]) {
          await other.get(path, 404);
          await other.post(path, { content: 'x' }, 404);
          await other.get(`/conversations/${id}`, 404);
          await other.post(`/conversations/${id}/block`, { blocked: true }, 404);
          await other.post(`/conversations/${id}/read`, {}, 404);
          for (const sub of ['', '/thread', '/history']) await other.get(`/messages/${sent.id}${sub}`, 404);
          await other.put(`/messages/${sent.id}`, { content: 'x' }, 404);
          await other.delete(`/messages/${sent.id}`, 404);
        }
        await alice.get(`/rooms/${id}`, 404);
        await alice.get(`/rooms/${id}/messages`, 404);
        await alice.post(`/rooms/${id}/messages`, { content: 'x' }, 404);
      });
      await bob.post(`/messages/${sent.id}/pin`, { pinned: true }, 200);
      await app.unchanged(async () => {
        await bob.put(`/messages/${sent.id}`, { content: 'x' }, 403);
        await bob.delete(`/messages/${sent.id}`, 403);
      });
      assert.deepEqual(await bob.post(`/conversations/${id}/read`, {}, 200), {
        unread_count: 0,
        mention_count: 0,
        last_read_message_id: sent.id,
      });
    });

    it('stop for both sides while either has blocked, each lifting only his own block', async () => {
      const [carol, dave] = [await app.register('carol'), await app.register('dave')];
      const { id } = await carol.post('/conversations', { user_id: dave.id }, 201);
      const path = `/conversations/${id}/messages`;
      const before = await carol.post(path, { content: 'before' }, 201);
      const theirs = await dave.post(path, { content: 'theirs' }, 201);
      const blocked = await dave.post(`/conversations/${id}/block`, { blocked: true }, 200);
      assert.deepEqual([blocked.is_blocked, blocked.blocked_by_me], [true, true]);
      const seen = (await carol.get('/conversations', 200)).conversations[0];
      assert.deepEqual([seen.is_blocked, seen.blocked_by_me], [true, false]);
      await app.unchanged(async () => {
        for (const side of [carol, dave]) {
          const error = await side.post(path, { content: 'x' }, 403);
          assert.deepEqual(
            [error.code, error.details.required, error.details.your_role],
            ['USER_BLOCKED', 'not_blocked', 'participant'],
          );
          assert.equal((await side.get(path, 200)).total_count, 2);
        }
        await carol.put(`/messages/${before.id}`, { content: 'x' }, 403);
        await carol.post(`/messages/${theirs.id}/pin`, {}, 403);
        await dave.post(`/conversations/${id}/block`, { blocked: true }, 200);
        await carol.post(`/conversations/${id}/block`, { blocked: false }, 200);
        assert.equal((await carol.post('/conversations', { user_id: dave.id }, 200)).is_blocked, true);
      });
      await dave.put(`/messages/${theirs.id}`, { content: 'still mine' }, 200);
      await dave.post(`/messages/${before.id}/pin`, {}, 200);
      await carol.delete(`/messages/${before.id}`, 204);

      const room = await carol.post('/rooms', { name: 'shared' }, 201);
      await dave.post(`/rooms/${room.id}/join`, {}, 201);
      assert.deepEqual(
        (await carol.post(`/rooms/${room.id}/messages`, { content: '@dave' }, 201)).mentions,
        [],
        'a block stops mentions',
      );
      await dave.post(`/conversations/${id}/block`, { blocked: false }, 200);
      assert.deepEqual((await carol.post(`/rooms/${room.id}/messages`, { content: '@dave' }, 201)).mentions, [dave.id]);
      await carol.post(path, { content: 'after' }, 201);
    });

    it('show neither side when the other was last here while one has blocked, wherever they meet', async () => {
      const [frank, gina] = [await app.register('frank'), await app.register('gina')];
      const { id } = await frank.post('/conversations', { user_id: gina.id }, 201);
      const room = await frank.post('/rooms', { name: 'shared' }, 201);
      await gina.post(`/rooms/${room.id}/join`, {}, 201);
      const madeAt = async (person: Person) => (await alice.get(`/users/${person.id}`, 200)).created_at;
      const [frankMade, ginaMade] = [await madeAt(frank), await madeAt(gina)];
      const block = (blocked: boolean) => gina.post(`/conversations/${id}/block`, { blocked }, 200);
      const everywhere = async (viewer: Person, other: Person): Promise<string[]> => {
        const { members } = await viewer.get(`/rooms/${room.id}/members`, 200);
        const places = [
          await viewer.get(`/users/${other.id}`, 200),
          (await viewer.get(`/users/search?q=${other.username}`, 200)).users[0],
          members.find(({ user_id }: { user_id: number }) => user_id === other.id),
          (await viewer.get('/conversations', 200)).conversations[0].other_user,
          (await viewer.get(`/conversations/${id}`, 200)).other_user,
          (await viewer.post('/conversations', { user_id: other.id }, 200)).other_user,
        ];
        return places.map(({ last_seen }) => last_seen);
      };
      const bothAreSeen = async () => {
        await block(false);
        for (const seen of await everywhere(frank, gina)) assert.ok(seen > ginaMade, seen);
        for (const seen of await everywhere(gina, frank)) assert.ok(seen > frankMade, seen);
      };

      ahead += 60_000;
      await bothAreSeen();
      assert.equal((await block(true)).other_user.last_seen, frankMade);
      assert.deepEqual(new Set(await everywhere(frank, gina)), new Set([ginaMade]));
      assert.deepEqual(new Set(await everywhere(gina, frank)), new Set([frankMade]));
      const promoted = await frank.put(`/rooms/${room.id}/members/${gina.id}`, { role: 'moderator' }, 200);
      assert.equal(promoted.last_seen, ginaMade);
      assert.ok((await gina.get('/users/me', 200)).last_seen > ginaMade, 'not from oneself');
      assert.ok((await alice.get(`/users/${gina.id}`, 200)).last_seen > ginaMade, 'nor from others');
      await bothAreSeen();
    });

    it('are listed by newest activity, with exact totals', async () => {
      const erin = await app.register('erin');
      const opened: number[] = [];
      for (const other of [alice, bob, mallory])
        opened.push((await erin.post('/conversations', { user_id: other.id }, 201)).id);
      await erin.post(`/conversations/${opened[0]}/messages`, { content: 'up' }, 201);
      const page = await erin.get('/conversations?limit=2', 200);
      assert.deepEqual(
        [page.conversations.map(({ id }: { id: number }) => id), page.total, page.has_more],
        [[opened[0], opened[2]], 3, true],
      );
      const rest = await erin.get('/conversations?limit=2&offset=2', 200);
      assert.deepEqual([rest.conversations.length, rest.has_more], [1, false]);
      await erin.get('/conversations?limit=101', 400);
      await erin.get('/conversations?offset=10001', 400);
    });
  });
}
