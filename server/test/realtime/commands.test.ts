import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { type Client, connect, listen } from './socket.ts';

/** Fields that are always there, whatever else comes with them. */
function hasFields(data: object, ...names: string[]): void {
  assert.deepEqual(
    names.filter((name) => !(name in data)),
    [],
    JSON.stringify(data),
  );
}
const message = 'author_id username content parent_id thread_count is_pinned created_at reactions'.split(' ');

for (const engine of engines)
  describe(`commands on ${engine}`, () => {
    let app: TestApp;
    let url: string;
    let alice: Person;
    let bob: Person;
    let client: Client;
    let hers: Client;
    let room: number;
    let hidden: number;
    let dm: number;
    before(async () => {
      app = await createTestApp(engine);
      url = await listen(app);
      [alice, bob] = [await app.register('alice'), await app.register('bob')];
      room = (await alice.post('/rooms', { name: 'Kitchen' }, 201)).id;
      hidden = (await alice.post('/rooms', { name: 'Cellar', is_public: false }, 201)).id;
      [client, hers] = [await connect(url, bob), await connect(url, alice)];
    });
    after(async () => {
      await Promise.all([client.close(), hers.close()]);
      await app.close();
    });
    const refused = async (type: string, data: object, code: string) =>
      assert.equal((await client.ask(type, data, 'error')).code, code, `${type} ${JSON.stringify(data)}`);
    const send = (content: string, more = {}) =>
      client.ask('send_message', { room_id: room, content, ...more }, 'message_sent');

    test('rooms', async () => {
      const joined = await client.ask('join_room', { room_id: room }, 'room_joined');
      assert.deepEqual(joined, {
        ...{ room_id: room, room_name: 'Kitchen', member_count: 2, user_role: 'member', is_public: true },
        last_message_id: null,
      });
      assert.deepEqual(await client.ask('join_room', { room_id: room }, 'room_joined'), joined);
      assert.deepEqual(await client.ask('leave_room', { room_id: room }, 'room_left'), { room_id: room });
      await alice.get(`/rooms/${room}/members?role=member`, 200);
      await client.ask('join_room', { room_id: room }, 'room_joined');
      for (const room_id of [hidden, 999_999]) {
        for (const type of ['join_room', 'leave_room', 'get_history', 'mark_read', 'get_room_stats', 'get_audit_logs'])
          await refused(type, { room_id }, 'ROOM_NOT_FOUND');
        await refused('send_message', { room_id, content: 'x' }, 'ROOM_NOT_FOUND');
      }
      assert.equal((await hers.ask('leave_room', { room_id: room, leave: true }, 'error')).code, 'RESOURCE_CONFLICT');
    });

    test('messages', async () => {
      const sent = await send('hello @alice', { metadata: { client_id: 'c1' } });
      hasFields(sent, 'message_id', 'room_id', 'mentions', 'client_id', ...message);
      assert.deepEqual([sent.client_id, sent.reactions, sent.mentions], ['c1', [], [alice.id]]);
      const heard = await hers.next('room_message', ({ id }) => id === sent.message_id);
      hasFields(heard, 'message_id', 'id', 'room_name', 'is_edited', 'mention_count', 'attachments', 'seq', ...message);
      const reply = await send('and more', { parent_id: sent.message_id });
      const told = await hers.next('room_message', ({ id }) => id === reply.message_id);
      assert.deepEqual([told.parent_id, told.root.thread_count], [sent.message_id, 1]);
      const history = await client.ask('get_history', { room_id: room, limit: 1 }, 'room_history');
      hasFields(history.messages[0], 'id', 'is_edited', 'mention_count', ...message);
      assert.deepEqual([history.room_id, history.messages.length, history.has_more], [room, 1, false]);
      const edited = await client.ask('edit_message', {
        message_id: sent.message_id,
        content: 'hi',
        edit_reason: 'short',
      });
      assert.deepEqual([edited.of, edited.content, edited.is_edited], ['edit_message', 'hi', true]);
      for (const [type, isPinned] of [
        ['pin_message', true],
        ['unpin_message', false],
      ] as const) {
        const place = { room_id: room, message_id: sent.message_id };
        assert.equal((await hers.ask(type, place)).is_pinned, isPinned);
        const pinned = await client.next(isPinned ? 'message_pinned' : 'message_unpinned');
        assert.deepEqual([pinned.room_id, pinned.message_id, pinned.pinned_by], [room, sent.message_id, alice.id]);
        await refused(type, place, 'PERMISSION_DENIED');
        assert.equal((await hers.ask(type, { ...place, room_id: hidden }, 'error')).code, 'MESSAGE_NOT_FOUND');
      }
      const hersToo = await alice.post(`/rooms/${room}/messages`, { content: 'mine' }, 201);
      assert.equal((await client.ask('mark_read', { room_id: room })).last_read_message_id, hersToo.id);
      await client.next('read_updated', ({ room_id }) => room_id === room);
      await client.ask('delete_message', { message_id: reply.message_id });
      await hers.next(
        'message_deleted',
        ({ message_id, root }) => message_id === reply.message_id && root.thread_count === 0,
      );
      await refused('delete_message', { message_id: reply.message_id }, 'MESSAGE_NOT_FOUND');
      await refused('edit_message', { message_id: hersToo.id, content: 'x' }, 'PERMISSION_DENIED');
      await refused('delete_message', { message_id: hersToo.id }, 'PERMISSION_DENIED');
      await refused('send_message', { room_id: room, content: 'x'.repeat(2_001) }, 'MESSAGE_TOO_LONG');
      await refused('send_message', { room_id: room, content: 'x', parent_id: 999_999 }, 'UNPROCESSABLE');
      await refused('mark_read', { room_id: room, message_id: 999_999 }, 'MESSAGE_NOT_FOUND');
      await refused('get_audit_logs', { room_id: room }, 'PERMISSION_DENIED');
      const stats = await client.ask('get_room_stats', { room_id: room, period: '24h' }, 'room_stats');
      assert.deepEqual(stats, await bob.get(`/rooms/${room}/stats?period=24h`, 200));
      const audit = await hers.ask('get_audit_logs', { room_id: room, limit: 2 }, 'audit_logs');
      const { logs, total } = await alice.get(`/rooms/${room}/audit?limit=2`, 200);
      assert.deepEqual(audit, { room_id: room, logs, total });
    });

    test('reactions', async () => {
      const { message_id } = await send('react!');
      await client.ask('add_reaction', { message_id, emoji: '👍' });
      const added = await hers.next('reaction_added', (data) => data.message_id === message_id);
      hasFields(added, 'room_id', 'version', 'timestamp', 'event_id');
      assert.deepEqual([added.user_id, added.username, added.emoji, added.count], [bob.id, 'bob', '👍', 1]);
      const list = await client.ask('get_reactions', { message_id }, 'message_reactions');
      const [{ emoji, count, users }] = list.reactions;
      assert.deepEqual([list.message_id, list.total_reactions, emoji, count], [message_id, 1, '👍', 1]);
      assert.deepEqual([users.length, users[0].user_id, users[0].username], [1, bob.id, 'bob']);
      await client.ask('remove_reaction', { message_id, emoji: '👍' });
      const removed = await hers.next('reaction_removed', (data) => data.message_id === message_id);
      assert.deepEqual([removed.emoji, removed.count], ['👍', 0]);
      await refused('remove_reaction', { message_id, emoji: '👍' }, 'NOT_FOUND');
      await refused('add_reaction', { message_id, emoji: 'x' }, 'VALIDATION_FAILED');
      for (const type of ['add_reaction', 'remove_reaction'])
        await refused(type, { message_id: 999_999, emoji: '👍' }, 'MESSAGE_NOT_FOUND');
      await refused('get_reactions', { message_id: 999_999 }, 'MESSAGE_NOT_FOUND');
    });

    test('conversations', async () => {
      const pair = { user1_id: bob.id, user2_id: alice.id };
      const created = await client.ask('create_dm', pair, 'dm_created');
      dm = created.conversation_id;
      assert.deepEqual(created, { conversation_id: dm, ...pair, is_blocked: false, created_at: created.created_at });
      const told = await hers.next('dm_created', ({ conversation_id }) => conversation_id === dm);
      assert.equal(told.other_user.id, bob.id);
      const sent = await client.ask('send_dm', { conversation_id: dm, content: 'psst' }, 'message_sent');
      assert.equal(sent.conversation_id, dm);
      const heard = await hers.next('dm_message', ({ id }) => id === sent.message_id);
      hasFields(heard, 'message_id', 'conversation_id', 'is_edited', 'seq', 'event_id', ...message);
      const [first] = (await client.ask('list_dms', {}, 'dm_list')).conversations;
      assert.deepEqual(first, {
        conversation_id: dm,
        other_user: { user_id: alice.id, username: 'alice', is_online: true, last_seen: first.other_user.last_seen },
        last_message: { content: 'psst', author_id: bob.id, created_at: sent.created_at },
        ...{ unread_count: 0, is_blocked: false },
      });
      const blocked = await hers.ask('block_dm', { conversation_id: dm, block: true }, 'dm_blocked');
      assert.deepEqual(blocked, { conversation_id: dm, is_blocked: true, blocked_by_me: true });
      await refused('send_dm', { conversation_id: dm, content: 'hello?' }, 'CONVERSATION_BLOCKED');
      await refused('add_reaction', { message_id: sent.message_id, emoji: '👍' }, 'CONVERSATION_BLOCKED');
      await hers.ask('block_dm', { conversation_id: dm, block: false }, 'dm_blocked');
      await refused('create_dm', { user1_id: alice.id, user2_id: app.admin.id }, 'VALIDATION_FAILED');
      await refused('create_dm', { user1_id: bob.id, user2_id: bob.id }, 'UNPROCESSABLE');
      await refused('create_dm', { user1_id: bob.id, user2_id: 999_999 }, 'USER_NOT_FOUND');
      for (const type of ['send_dm', 'block_dm'])
        for (const conversation_id of [room, 999_999])
          await refused(
            type,
            { conversation_id, ...(type === 'send_dm' ? { content: 'x' } : {}) },
            'CONVERSATION_NOT_FOUND',
          );
      await refused('send_message', { room_id: dm, content: 'x' }, 'ROOM_NOT_FOUND');
      await refused('get_history', { room_id: room, conversation_id: dm }, 'VALIDATION_FAILED');
    });

    test('a client_id is the same over both transports', async () => {
      const metadata = { client_id: 'once' };
      const sent = await send('only once', { metadata });
      const again = await bob.post(`/rooms/${room}/messages`, { content: 'only once', metadata }, 201);
      assert.equal(again.id, sent.message_id);
      const byHeader = await bob.post(`/rooms/${room}/messages`, { content: 'by header' }, 201, {
        'idempotency-key': 'h1',
      });
      const repeated = await send('by header', { metadata: { client_id: 'h1' } });
      assert.equal(repeated.message_id, byHeader.id);
      await refused('send_message', { room_id: room, content: 'other', metadata }, 'IDEMPOTENCY_MISMATCH');
      await bob.post(`/rooms/${room}/messages`, { content: 'other', metadata }, 422);
      await client.ask('delete_message', { message_id: sent.message_id });
      await refused('send_message', { room_id: room, content: 'only once', metadata }, 'RESOURCE_CONFLICT');
    });
  });
