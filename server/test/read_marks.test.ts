import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';

for (const engine of engines) {
  describe(`read marks (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const [alice, bob, carol] = [await app.register('alice'), await app.register('bob'), await app.register('carol')];

    async function roomOfThree() {
      const { id } = await alice.post('/rooms', { name: 'three' }, 201);
      await bob.post(`/rooms/${id}/join`, {}, 201);
      await carol.post(`/rooms/${id}/join`, {}, 201);
      return { id, path: `/rooms/${id}/messages` };
    }
    const counts = async (person: typeof bob, roomId: number) => {
      const room = await person.get(`/rooms/${roomId}`, 200);
      return [room.unread_count, room.mention_count];
    };

    it('counts what others said since, replies and mentions included, own words never', async () => {
      const { id, path } = await roomOfThree();
      const root = await alice.post(path, { content: 'hello @bob' }, 201);
      await alice.post(path, { content: 'reply', parent_message_id: root.id }, 201);
      assert.deepEqual(await counts(bob, id), [2, 1]);
      assert.deepEqual(await counts(carol, id), [2, 0]);
      assert.deepEqual(await counts(alice, id), [0, 0]);
      await bob.post(path, { content: 'me too @bob' }, 201);
      assert.deepEqual(await counts(bob, id), [0, 0], 'sending moves the mark to the end');
      assert.deepEqual(await counts(carol, id), [3, 0]);
    });

    it('moves forward only, unless told to go back, and follows deletions and edits', async () => {
      const { id, path } = await roomOfThree();
      const sent: number[] = [];
      for (let n = 1; n <= 6; n++)
        sent.push((await alice.post(path, { content: n % 2 ? `${n} @bob` : `${n}` }, 201)).id);
      const read = (body: object) => bob.post(`/rooms/${id}/read`, body, 200);
      assert.deepEqual(await read({ message_id: sent[2] }), {
        unread_count: 3,
        mention_count: 1,
        last_read_message_id: sent[2],
      });
      assert.deepEqual((await read({ message_id: sent[0] })).last_read_message_id, sent[2], 'not back');
      await alice.delete(`/messages/${sent[4]}`, 204);
      assert.deepEqual(await counts(bob, id), [2, 0], 'a deleted message no longer counts');
      await alice.delete(`/messages/${sent[0]}`, 204);
      assert.deepEqual(await counts(bob, id), [2, 0], 'nor one that was read');
      assert.deepEqual(await read({ message_id: sent[1], unread: true }), {
        unread_count: 4,
        mention_count: 1,
        last_read_message_id: sent[0],
      });
      await alice.put(`/messages/${sent[3]}`, { content: 'now @bob' }, 200);
      assert.deepEqual(await counts(bob, id), [4, 2]);
      await alice.put(`/messages/${sent[2]}`, { content: 'no more' }, 200);
      assert.deepEqual(await counts(bob, id), [4, 1]);
      assert.deepEqual(await read({}), { unread_count: 0, mention_count: 0, last_read_message_id: sent[5] });
      await app.unchanged(() => read({}));
    });

    it('does not count own words that lie above a mark put back', async () => {
      const { id, path } = await roomOfThree();
      const first = await alice.post(path, { content: '1' }, 201);
      await bob.post(path, { content: '2' }, 201);
      const own = await bob.post(path, { content: '3' }, 201);
      await alice.post(path, { content: '4' }, 201);
      const mark = await bob.post(`/rooms/${id}/read`, { message_id: first.id, unread: true }, 200);
      assert.deepEqual(mark, { unread_count: 2, mention_count: 0, last_read_message_id: null });
      await bob.delete(`/messages/${own.id}`, 204);
      assert.deepEqual(await counts(bob, id), [2, 0]);
    });

    it('starts at the present end when joining, again after leaving', async () => {
      const { id, path } = await roomOfThree();
      await bob.post(`/rooms/${id}/leave`, {}, 204);
      for (let n = 0; n < 3; n++) await alice.post(path, { content: `${n} @bob` }, 201);
      await bob.post(`/rooms/${id}/join`, {}, 201);
      assert.deepEqual(await counts(bob, id), [0, 0]);
      await alice.post(path, { content: 'welcome' }, 201);
      assert.deepEqual(await counts(bob, id), [1, 0]);
    });

    it('lists everything unread, and the messages that mention me', async () => {
      const dave = await app.register('dave');
      const { id, path } = await roomOfThree();
      await dave.post(`/rooms/${id}/join`, {}, 201);
      const one = await alice.post(path, { content: '@dave one' }, 201);
      const conversation = await alice.post('/conversations', { user_id: dave.id }, 201);
      const two = await alice.post(`/conversations/${conversation.id}/messages`, { content: 'two @dave' }, 201);
      const unread = await dave.get('/users/me/unread', 200);
      assert.deepEqual(unread, {
        rooms: [{ room_id: id, unread_count: 1, mention_count: 1, last_read_message_id: null }],
        conversations: [
          { conversation_id: conversation.id, unread_count: 1, mention_count: 1, last_read_message_id: null },
        ],
        total_unread: 2,
        total_mentions: 2,
      });
      const first = await dave.get('/users/me/mentions?limit=1', 200);
      assert.deepEqual([first.messages[0].id, first.has_more], [two.id, true]);
      const second = await dave.get(`/users/me/mentions?limit=1&cursor=${first.next_cursor}`, 200);
      assert.deepEqual([second.messages[0].id, second.has_more, second.next_cursor], [one.id, false, null]);
      await dave.post(`/rooms/${id}/leave`, {}, 204);
      await dave.post(`/conversations/${conversation.id}/read`, {}, 200);
      assert.deepEqual((await dave.get('/users/me/unread', 200)).total_unread, 0);
    });

    it('shows a guest nothing of the conversations he had before', async () => {
      const gus = await app.register('gus');
      const { id } = await alice.post('/conversations', { user_id: gus.id }, 201);
      await alice.post(`/conversations/${id}/messages`, { content: 'between us, @gus' }, 201);
      assert.equal((await gus.get('/users/me/mentions', 200)).messages.length, 1);
      await app.admin.patch(`/admin/users/${gus.id}`, { role: 'guest' }, 200);
      assert.deepEqual((await gus.get('/users/me/mentions', 200)).messages, []);
      const { conversations, total_unread, total_mentions } = await gus.get('/users/me/unread', 200);
      assert.deepEqual([conversations, total_unread, total_mentions], [[], 0, 0]);
    });

    it('refuses marks in other rooms, of messages elsewhere, and of people who are not in the room', async () => {
      const { id } = await roomOfThree();
      const other = await roomOfThree();
      const elsewhere = await alice.post(other.path, { content: 'elsewhere' }, 201);
      const erin = await app.register('erin');
      await app.unchanged(async () => {
        assert.equal(
          (await bob.post(`/rooms/${id}/read`, { message_id: elsewhere.id }, 404)).code,
          'MESSAGE_NOT_FOUND',
        );
        assert.equal((await bob.post(`/rooms/${id}/read`, { message_id: 'x' }, 400)).details.field, 'message_id');
        assert.equal((await bob.post(`/rooms/${id}/read`, { unread: true }, 400)).details.field, 'message_id');
        assert.equal((await erin.post(`/rooms/${id}/read`, {}, 403)).details.required, 'member');
      });
    });
  });
}
