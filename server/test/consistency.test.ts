import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { textOf } from '../src/db/statement.ts';
import { differences } from '../src/modules/admin/consistency.ts';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';
import type { Person } from './harness/people.ts';

class Undo extends Error {}

/** Damage done by hand, and what must be found of it. Ids stand for those of the story below. */
const damages: readonly (readonly [string, sql: string, ...found: string[]])[] = [
  ['a lost message', `delete from events where type = 'message_sent' and message_id = $reply`, 'message.sent_events'],
  [
    'an event told twice',
    `insert into events (stream, type, actor_id, container_id, message_id, data, created_at)
      select stream, type, actor_id, container_id, message_id, data, created_at from events where type = 'message_sent' and message_id = $reply`,
    'message.sent_events',
  ],
  [
    'an event in the stream of another room',
    `update events set stream = 'container:1' where type = 'message_sent' and message_id = $reply`,
    'event.stream',
  ],
  [
    'an event of a message that never was',
    `update events set message_id = 4711 where type = 'message_sent' and message_id = $reply`,
    'event.message_id',
    'message.sent_events',
  ],
  [
    'a wording in another room than its message',
    `update message_revisions set container_id = 4711 where message_id = $root`,
    'message.hanging',
  ],
  ['a gap', `update messages set seq = seq + 100 where id = $last`, 'container.last_seq', 'container.sequence'],
  ['a number below one', `update messages set seq = -1 where id = $root`, 'container.sequence'],
  ['an older message after a newer one', `update messages set seq = 400 where id = $root`, 'message.after'],
  ['a high last_seq', `update containers set last_seq = last_seq + 1 where id = $room`, 'container.last_seq'],
  [
    'message_count',
    `update containers set message_count = message_count + 1 where id = $room`,
    'container.message_count',
  ],
  ['root_count', `update containers set root_count = root_count - 1 where id = $room`, 'container.root_count'],
  ['pinned_count', `update containers set pinned_count = 0 where id = $room`, 'container.pinned_count'],
  ['pinned_root_count', `update containers set pinned_root_count = 9 where id = $room`, 'container.pinned_root_count'],
  ['member_count', `update rooms set member_count = member_count + 1 where id = $room`, 'room.member_count'],
  [
    'a room without an owner',
    `update members set role = 'member' where container_id = $room and role = 'owner'`,
    'room.owners',
    'room.owner_id',
  ],
  ['another owner named', `update rooms set owner_id = $bob where id = $room`, 'room.owner_id'],
  [
    'one side of a conversation gone',
    `delete from members where container_id = $conversation and user_id = $bob`,
    'conversation.members',
    'conversation.peers',
  ],
  ['rooms_public', `update counters set value = value + 1 where name = 'rooms_public'`, 'counter.value'],
  ['users', `update counters set value = value - 1 where name = 'users'`, 'counter.value'],
  ['a lost counter', `delete from counters where name = 'users'`, 'counter.value'],
  ['files', `update counters set value = value + 1 where name = 'files'`, 'counter.value'],
  ['file_bytes', `update counters set value = value - 1 where name = 'file_bytes'`, 'counter.value'],
  ['conversations', `update counters set value = 0 where name = 'conversations'`, 'counter.value'],
  [
    'messages of an hour',
    `update room_hours set messages = messages + 1 where container_id = $room`,
    'room_hour.messages',
  ],
  ['joins of an hour', `update room_hours set joins = 0 where container_id = $room`, 'room_hour.joins'],
  ['reactions of an hour', `update room_hours set reactions = 1 where container_id = $room`, 'room_hour.reactions'],
  ['a lost hour', `delete from room_hours where container_id = $room`, 'room_hour.messages', 'room_hour.joins'],
  [
    'what somebody wrote',
    `update room_author_hours set messages = messages - 1 where container_id = $room and author_id = $alice`,
    'room_author_day.messages',
  ],
  ['a lost tally', `delete from tallies where name = 'messages'`, 'tally.value'],
  ['a wrong tally', `update tallies set value = value + 1 where name = 'messages'`, 'tally.value'],
  [
    'skipped_count',
    `update members set skipped_count = skipped_count + 1 where container_id = $room and user_id = $bob`,
    'member.skipped_count',
  ],
  [
    'mention_count',
    `update members set mention_count = mention_count - 1 where container_id = $room and user_id = $bob`,
    'member.mention_count',
  ],
  [
    'a mark beyond the end',
    `update members set last_read_seq = 4711 where container_id = $room and user_id = $carol`,
    'member.last_read_seq',
  ],
  ['thread_count', `update messages set thread_count = 3 where id = $root`, 'message.thread_count'],
  ['a thread under a reply', `update messages set thread_count = 1 where id = $reply`, 'message.thread_count'],
  ['a hidden message', `update messages set is_listed = 0 where id = $reply`, 'message.is_listed'],
  ['a tombstone without replies', `update messages set is_listed = 1 where id = $deleted`, 'message.is_listed'],
  ['a hidden tombstone', `update messages set is_listed = 0 where id = $tombstone`, 'message.is_listed'],
  ['a reply to a reply', `update messages set parent_id = $reply where id = $last`, 'message.parent_id'],
  ['a parent in another room', `update messages set parent_id = $direct where id = $reply`, 'message.parent_id'],
  ['edit_count', `update messages set edit_count = 5 where id = $root`, 'message.edit_count'],
  ['a lost wording', `delete from message_revisions where message_id = $root`, 'message.edit_count'],
  [
    'words of a deleted message',
    `insert into message_revisions (container_id, message_id, version, content, editor_id, created_at) values ($room, $deleted, 9, 'old words', $bob, 1)`,
    'message.wordings_left',
  ],
  ['a pinned deleted message', `update messages set is_pinned = 1 where id = $deleted`, 'message.is_pinned'],
  ['reaction_count', `update messages set reaction_count = 2 where id = $reply`, 'message.reaction_count'],
  [
    'a reaction nobody counted',
    `insert into reactions (container_id, message_id, emoji, user_id, created_at) values ($room, $reply, '👍', $bob, 1)`,
    'message.reaction_count',
  ],
  [
    'a reaction left on a deleted message',
    `insert into reactions (container_id, message_id, emoji, user_id, created_at) values ($room, $deleted, '👍', $bob, 1)`,
    'message.reaction_count',
  ],
  ['attachment_count', `update messages set attachment_count = 2 where id = $last`, 'message.attachment_count'],
  [
    'a file that hangs elsewhere',
    `update files set container_id = $conversation where id = $file`,
    'file.container_id',
  ],
  ['the size of a file', `update files set size = size + 1 where id = $file`, 'file.size', 'counter.value'],
  [
    'a lost file',
    `delete from files where id = $file`,
    'message.attachment_count',
    'container.file_count',
    'blob.refs',
  ],
  ['file_count', `update containers set file_count = 0 where id = $room`, 'container.file_count'],
  ['uses of bytes', `update blobs set refs = refs + 1`, 'blob.refs'],
  ['files somebody has', `update storage_usage set files = files - 1 where user_id = $alice`, 'storage_usage.files'],
  ['bytes somebody has', `update storage_usage set bytes = 0 where user_id = $alice`, 'storage_usage.bytes'],
  ['a lost usage', `delete from storage_usage where user_id = $alice`, 'storage_usage.files', 'storage_usage.bytes'],
  [
    'a webhook asked for in another room',
    `update webhook_subscriptions set room_id = 0 where webhook_id = $hook`,
    'webhook_subscription.room_id',
  ],
  [
    'a webhook that lost what it asked for',
    `delete from webhook_subscriptions where webhook_id = $hook`,
    'webhook.subscriptions',
  ],
  [
    'a webhook that lost something it asked for',
    `delete from webhook_subscriptions where webhook_id = $hook and position = 0`,
    'webhook.subscriptions',
  ],
  ['a mention nobody finds', `delete from mentions where message_id = $reply`, 'message.mentions'],
  ['a mention nobody made', `update mentions set user_id = $carol where message_id = $reply`, 'message.stray_mentions'],
  ['a mention in another place', `update mentions set seq = 400 where message_id = $reply`, 'message.stray_mentions'],
  ['a mention not listed', `update messages set mentions = '[]' where id = $reply`, 'message.stray_mentions'],
  ['an event without its audit row', `delete from audit_log where action = 'message_pinned'`, 'event.audit_rows'],
  [
    'an event audited twice',
    `insert into audit_log (event_id, container_id, action, user_id, actor_id, details, address, created_at)
      select event_id, container_id, action, user_id, actor_id, details, address, created_at from audit_log where action = 'message_pinned'`,
    'event.audit_rows',
  ],
  [
    'an audit row of another action',
    `update audit_log set action = 'message_unpinned' where action = 'message_pinned'`,
    'audit_row.event_id',
    'event.audit_rows',
  ],
  [
    'an audit row of nothing',
    `update audit_log set event_id = 4711 where action = 'message_pinned'`,
    'event.audit_rows',
  ],
  [
    'an audit row of another person',
    `update audit_log set actor_id = 4711 where action = 'message_pinned'`,
    'audit_row.actor_id',
  ],
];

for (const engine of engines) {
  describe(`consistency (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const ids: Record<string, number> = {};
    let bob: Person;

    before(async () => {
      const alice = await app.register('alice');
      bob = await app.register('bob');
      const carol = await app.register('carol');
      const { id: room } = await alice.post('/rooms', { name: 'the room' }, 201);
      for (const person of [bob, carol]) await person.post(`/rooms/${room}/join`, {}, 201);
      const send = async (person: Person, content: string, parent_message_id: number | null = null) =>
        (await person.post(`/rooms/${room}/messages`, { content, parent_message_id }, 201)).id as number;
      const root = await send(alice, 'the root, @carol');
      const tombstone = await send(alice, 'a root that goes');
      const deleted = await send(carol, 'words that go');
      await send(alice, 'a reply that stays', tombstone);
      const reply = await send(alice, 'a reply, @bob and @alice', root);
      const { file_id: file } = await alice.upload({ name: 'a.txt', content: 'written down' }, 201);
      const { id: last } = await alice.post(
        `/rooms/${room}/messages`,
        { content: 'the last word', file_ids: [file] },
        201,
      );
      const asked = { url: 'https://receiver.invalid/', events: ['message_reported', 'user_banned'], room_id: room };
      const { id: hook } = await alice.post('/webhooks', asked, 201);
      await alice.put(`/messages/${root}`, { content: 'the edited root' }, 200);
      for (const id of [root, reply]) await alice.post(`/messages/${id}/pin`, {}, 200);
      await alice.delete(`/messages/${tombstone}`, 204);
      await carol.delete(`/messages/${deleted}`, 204);
      await bob.post(`/rooms/${room}/read`, { message_id: root }, 200);
      const { id: conversation } = await alice.post('/conversations', { user_id: bob.id }, 201);
      const { id: direct } = await bob.post(`/conversations/${conversation}/messages`, { content: 'hello' }, 201);
      const people = { alice: alice.id, bob: bob.id, carol: carol.id };
      Object.assign(ids, people, { room, conversation, root, tombstone, deleted, reply, last, direct, file, hook });
    });

    it('finds everything in order after a story, and tells an admin so', async () => {
      assert.deepEqual(await differences(app.deps.db.reader), []);
      const report = await app.admin.get('/admin/consistency', 200);
      assert.deepEqual({ ...report, checked: 0 }, { ok: true, checked: 0, differences: [] });
      assert.ok(report.checked > 30, `${report.checked} rows were looked at`);
      await bob.get('/admin/consistency', 403);
      await app.stranger.get('/admin/consistency', 401);
    });

    it('counts once for all who ask at the same time', async (t) => {
      const snapshot = t.mock.method(app.deps.db, 'snapshot');
      const reports = await Promise.all([1, 2, 3].map(() => app.admin.get('/admin/consistency', 200)));
      assert.deepEqual(
        reports.map(({ ok }) => ok),
        [true, true, true],
      );
      assert.equal(snapshot.mock.callCount(), 1);
      await app.admin.get('/admin/consistency', 200);
      assert.equal(snapshot.mock.callCount(), 2);
    });

    for (const [name, sql, ...found] of damages) {
      it(`finds ${name}`, async () => {
        let seen: string[] = [];
        const damage = app.deps.db.write('damage', async (db) => {
          const done = await db.run(textOf(sql.replace(/\$(\w+)/g, (_, key) => String(ids[key]))), []);
          assert.ok(done > 0, 'something was damaged');
          seen = (await differences(db)).map(({ what }) => what);
          throw new Undo();
        });
        await assert.rejects(damage, Undo);
        for (const what of found) assert.ok(seen.includes(what), `${what} is among ${seen}`);
      });
    }

    it('names the thing, what is stored and what was counted', async () => {
      const setCount = (count: number) =>
        app.deps.db.write('damage', (db) =>
          db.run(textOf(`update rooms set member_count = ${count} where id = ${ids.room}`), []),
        );
      await setCount(7);
      const { ok, differences: found } = await app.admin.get('/admin/consistency', 200);
      assert.equal(ok, false);
      assert.deepEqual(found, [{ what: 'room.member_count', id: String(ids.room), stored: 7, counted: 3 }]);
      await setCount(3);
    });
  });
}
