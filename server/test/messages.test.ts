import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';

const ids = (page: { messages: { id: number }[] }) => page.messages.map(({ id }) => id);
const contents = (page: { messages: { content: string | null }[] }) => page.messages.map(({ content }) => content);

for (const engine of engines) {
  describe(`messages (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const [alice, bob, mallory] = [
      await app.register('alice'),
      await app.register('bob'),
      await app.register('mallory'),
    ];
    const room = await alice.post('/rooms', { name: 'Équipe Dev', is_public: false }, 201);
    await alice.post(`/rooms/${room.id}/members`, { user_id: bob.id, role: 'member' }, 201);
    const path = `/rooms/${room.id}/messages`;

    it('answers the full shape, exactly as sent, once it is stored', async () => {
      const content = "  Voici un message avec @bob et 👩‍👩‍👧‍👦 \n  et '); drop table messages; -- ";
      const sent = await alice.post(
        path,
        { content, parent_message_id: null, metadata: { source: 'api', priority: 'normal' } },
        201,
      );
      assert.match(sent.uuid, /^msg-[0-9a-f]{8}-/);
      const { id, uuid, created_at, updated_at, ...rest } = sent;
      assert.equal(created_at, updated_at);
      assert.deepEqual(rest, {
        room_id: room.id,
        conversation_id: null,
        seq: 1,
        author_id: alice.id,
        username: 'alice',
        content,
        parent_message_id: null,
        reply_to_id: null,
        thread_count: 0,
        is_pinned: false,
        is_edited: false,
        is_deleted: false,
        edit_count: 0,
        reactions: {},
        mentions: [bob.id],
        attachments: [],
        metadata: { source: 'api', priority: 'normal' },
        edited_at: null,
        version: 1,
        my_reactions: [],
      });
      assert.deepEqual(await bob.get(`/messages/${id}`, 200), sent);
      assert.deepEqual((await bob.get(path, 200)).messages, [sent]);
    });

    it('never returns an address that a client put into the metadata', async () => {
      const sent = await alice.post(
        path,
        { content: 'where am I', metadata: { client: 'web', ip_address: '192.168.1.100' } },
        201,
      );
      assert.deepEqual(sent.metadata, { client: 'web' });
    });

    it('hides a private room and everything in it from others', async () => {
      const { messages } = await alice.get(path, 200);
      await app.unchanged(async () => {
        assert.equal((await mallory.post(path, { content: 'hello' }, 404)).code, 'ROOM_NOT_FOUND');
        assert.equal((await mallory.get(path, 404)).code, 'ROOM_NOT_FOUND');
        for (const sub of ['', '/thread', '/history']) {
          assert.equal((await mallory.get(`/messages/${messages[0].id}${sub}`, 404)).code, 'MESSAGE_NOT_FOUND');
        }
        await mallory.put(`/messages/${messages[0].id}`, { content: 'mine' }, 404);
        await mallory.delete(`/messages/${messages[0].id}`, 404);
        await mallory.post(`/messages/${messages[0].id}/pin`, { pinned: true }, 404);
      });
    });

    it('pages by position in both directions, centred, ascending, with exact counts', async () => {
      const other = await alice.post('/rooms', { name: 'pages' }, 201);
      const list = (query: string) => alice.get(`/rooms/${other.id}/messages?${query}`, 200);
      const sent: number[] = [];
      for (let n = 1; n <= 12; n++)
        sent.push((await alice.post(`/rooms/${other.id}/messages`, { content: `${n}` }, 201)).id);
      const at = (n: number) => sent[n - 1] as number;
      const page = await list('limit=5');
      assert.deepEqual(contents(page), ['12', '11', '10', '9', '8']);
      assert.deepEqual(
        [page.has_more, page.has_more_before, page.has_more_after, page.total_count],
        [true, true, false, 12],
      );
      const before = await list(`limit=5&before_id=${at(8)}`);
      assert.deepEqual(contents(before), ['7', '6', '5', '4', '3']);
      assert.deepEqual([before.has_more, before.has_more_before, before.has_more_after], [true, true, true]);
      const last = await list(`limit=5&before_id=${at(3)}`);
      assert.deepEqual([contents(last), last.has_more, last.has_more_after], [['2', '1'], false, true]);
      const newer = await list(`limit=5&after_id=${at(4)}`);
      assert.deepEqual(contents(newer), ['9', '8', '7', '6', '5']);
      assert.deepEqual([newer.has_more, newer.has_more_before, newer.has_more_after], [true, true, true]);
      const newest = await list(`limit=5&after_id=${at(9)}`);
      assert.deepEqual([contents(newest), newest.has_more, newest.has_more_before], [['12', '11', '10'], false, true]);
      const around = await list(`limit=5&around_id=${at(6)}`);
      assert.deepEqual(contents(around), ['8', '7', '6', '5', '4']);
      const ascending = await list('limit=5&order=asc');
      assert.deepEqual([contents(ascending), ascending.has_more], [['1', '2', '3', '4', '5'], true]);
      assert.deepEqual(contents(await list(`limit=3&order=asc&after_id=${at(5)}`)), ['6', '7', '8']);
      assert.deepEqual(contents(await list(`limit=3&order=asc&before_id=${at(5)}`)), ['2', '3', '4']);
      assert.deepEqual(contents(await list(`limit=100&after_id=9007199254740991`)), []);
      const gone = at(6);
      await alice.delete(`/messages/${gone}`, 204);
      assert.deepEqual(
        contents(await list(`limit=5&before_id=${gone}`)),
        ['5', '4', '3', '2', '1'],
        'a position need not exist',
      );
      assert.deepEqual(contents(await list(`limit=5&around_id=${gone}`)), ['8', '7', '5', '4', '3']);
      assert.equal((await list('limit=1')).total_count, 11);
    });

    it('refuses what a page cannot be', async () => {
      for (const query of [
        'limit=0',
        'limit=101',
        'limit=abc',
        'limit=',
        'limit=1.5',
        'limit=-1',
        'before_id=0',
        'order=up',
        'include_threads=maybe',
        'before_id=99999999999999999999',
      ]) {
        const error = await alice.get(`${path}?${query}`, 400);
        assert.equal(error.code, 'VALIDATION_FAILED');
        assert.equal(error.details.field, query.split('=')[0]);
      }
      const error = await alice.get(`${path}?before_id=5&after_id=3`, 400);
      assert.equal(error.details.field, 'after_id');
    });

    it('keeps threads one level deep, counts living replies, and hides them from the plain list', async () => {
      const other = await alice.post('/rooms', { name: 'threads' }, 201);
      const send = (content: string, parent?: number) =>
        alice.post(`/rooms/${other.id}/messages`, { content, parent_message_id: parent ?? null }, 201);
      const list = (query = '') => alice.get(`/rooms/${other.id}/messages?${query}`, 200);
      const root = await send('root');
      const reply = await send('reply', root.id);
      const deeper = await send('reply to the reply', reply.id);
      assert.deepEqual([reply.parent_message_id, reply.reply_to_id], [root.id, root.id]);
      assert.deepEqual([deeper.parent_message_id, deeper.reply_to_id], [root.id, reply.id]);
      assert.equal((await alice.get(`/messages/${root.id}`, 200)).thread_count, 2);
      assert.deepEqual([ids(await list()), (await list()).total_count], [[root.id], 1]);
      assert.deepEqual(
        [ids(await list('include_threads=true')), (await list('include_threads=true')).total_count],
        [[deeper.id, reply.id, root.id], 3],
      );
      const thread = await alice.get(`/messages/${root.id}/thread`, 200);
      assert.deepEqual([ids(thread), thread.total, thread.has_more], [[reply.id, deeper.id], 2, false]);
      assert.deepEqual(ids(await alice.get(`/messages/${deeper.id}/thread`, 200)), [reply.id, deeper.id]);
      const first = await alice.get(`/messages/${root.id}/thread?limit=1`, 200);
      assert.deepEqual([ids(first), first.has_more], [[reply.id], true]);
      assert.deepEqual(ids(await alice.get(`/messages/${root.id}/thread?before_id=${deeper.id}`, 200)), [reply.id]);

      await alice.delete(`/messages/${root.id}`, 204);
      const tombstone = (await list()).messages[0];
      assert.deepEqual(
        [tombstone.id, tombstone.content, tombstone.is_deleted, tombstone.thread_count],
        [root.id, null, true, 2],
      );
      assert.equal((await list()).total_count, 0, 'a tombstone does not count');
      for (const sub of ['', '/thread', '/history']) await alice.get(`/messages/${root.id}${sub}`, 404);
      await alice.delete(`/messages/${root.id}`, 404);
      const orphaned = await alice.get(`/messages/${reply.id}/thread`, 200);
      assert.deepEqual(
        [ids(orphaned), orphaned.total],
        [[reply.id, deeper.id], 2],
        'by its replies the thread is there',
      );
      assert.deepEqual(ids(await list('include_threads=true')), [deeper.id, reply.id, root.id]);
      assert.equal(
        (await alice.post(`/rooms/${other.id}/messages`, { content: 'late', parent_message_id: root.id }, 422)).code,
        'UNPROCESSABLE',
      );
      await alice.delete(`/messages/${reply.id}`, 204);
      assert.equal((await list()).messages[0].thread_count, 1);
      await alice.delete(`/messages/${deeper.id}`, 204);
      assert.deepEqual(ids(await list('include_threads=true')), [], 'with its last reply the tombstone goes');
    });

    it('refuses a parent elsewhere, one that never was, and says the same of both', async () => {
      const elsewhere = await bob.post('/rooms', { name: 'elsewhere' }, 201);
      const foreign = await bob.post(`/rooms/${elsewhere.id}/messages`, { content: 'there' }, 201);
      await app.unchanged(async () => {
        const one = await alice.post(path, { content: 'x', parent_message_id: foreign.id }, 422);
        const two = await alice.post(path, { content: 'x', parent_message_id: 999_999 }, 422);
        assert.deepEqual(one.details, two.details);
      });
    });

    it('edits one’s own words only, keeps every wording, and tells only the newly mentioned', async () => {
      const sent = await alice.post(path, { content: 'first @bob' }, 201);
      await app.unchanged(() => bob.put(`/messages/${sent.id}`, { content: 'not mine' }, 403));
      const edited = await alice.put(
        `/messages/${sent.id}`,
        { content: 'second', edit_reason: 'Correction de typo' },
        200,
      );
      assert.deepEqual(
        [edited.content, edited.is_edited, edited.edit_count, edited.version, edited.mentions],
        ['second', true, 1, 2, []],
      );
      assert.equal(edited.edited_at, edited.updated_at);
      await alice.patch(`/messages/${sent.id}`, { content: 'third @bob @alice' }, 200);
      const history = await bob.get(`/messages/${sent.id}/history`, 200);
      assert.deepEqual(
        history.revisions.map(({ content, edit_reason, editor_username }: Record<string, unknown>) => [
          content,
          edit_reason,
          editor_username,
        ]),
        [
          ['third @bob @alice', null, 'alice'],
          ['second', 'Correction de typo', 'alice'],
          ['first @bob', null, 'alice'],
        ],
      );
      assert.deepEqual([history.total, history.has_more], [3, false]);
      const page = await bob.get(`/messages/${sent.id}/history?limit=1&offset=1`, 200);
      assert.deepEqual([page.revisions[0].content, page.has_more], ['second', true]);
      await app.unchanged(() => alice.put(`/messages/${sent.id}`, { content: 'third @bob @alice' }, 200));
      await alice.delete(`/messages/${sent.id}`, 204);
      await alice.get(`/messages/${sent.id}/history`, 404);
      await alice.put(`/messages/${sent.id}`, { content: 'again' }, 404);
    });

    it('has one wording for a message that was never edited', async () => {
      const sent = await alice.post(path, { content: 'as it was' }, 201);
      const history = await alice.get(`/messages/${sent.id}/history`, 200);
      assert.deepEqual([history.total, history.revisions.length, history.revisions[0].content], [1, 1, 'as it was']);
    });

    it('pins up to the limit, twice as well as once, and lists what is pinned', async () => {
      const other = await alice.post('/rooms', { name: 'pins' }, 201);
      const sent: number[] = [];
      for (let n = 0; n < 51; n++)
        sent.push((await alice.post(`/rooms/${other.id}/messages`, { content: `${n}` }, 201)).id);
      const pinned = await alice.post(`/messages/${sent[0]}/pin`, { pinned: true }, 200);
      assert.deepEqual([pinned.is_pinned, pinned.updated_at === pinned.created_at, pinned.version], [true, true, 2]);
      await app.unchanged(() => alice.post(`/messages/${sent[0]}/pin`, {}, 200));
      for (const id of sent.slice(1, 50)) await alice.post(`/messages/${id}/pin`, { pinned: true }, 200);
      const error = await alice.post(`/messages/${sent[50]}/pin`, { pinned: true }, 422);
      assert.equal(error.details.reason, 'too_many_pins');
      const page = await alice.get(`/rooms/${other.id}/messages?pinned_only=true&limit=100`, 200);
      assert.deepEqual([page.total_count, page.messages.length], [50, 50]);
      await alice.post(`/messages/${sent[0]}/pin`, { pinned: false }, 200);
      await alice.delete(`/messages/${sent[1]}`, 204);
      const after = await alice.get(`/rooms/${other.id}/messages?pinned_only=true&limit=10&include_threads=true`, 200);
      assert.deepEqual([after.total_count, after.has_more], [48, true]);
    });

    it('makes a send repeatable by metadata.client_id or Idempotency-Key, for ever', async () => {
      const body = { content: 'once', metadata: { client_id: 'c-1', client: 'web' } };
      const first = await alice.request('POST', path, { body });
      const again = await alice.request('POST', path, { body });
      assert.deepEqual([first.status, again.status], [201, 201]);
      assert.equal(first.headers['idempotent-replayed'], undefined);
      assert.equal(again.headers['idempotent-replayed'], 'true');
      assert.deepEqual(again.data, first.data);
      const byHeader = await alice.request('POST', path, {
        body: { content: 'once', metadata: { client: 'web' } },
        headers: { 'idempotency-key': 'c-1' },
      });
      assert.equal(byHeader.data.id, first.data.id, 'the header is the same key');
      await app.unchanged(async () => {
        assert.equal((await alice.post(path, { ...body, content: 'other' }, 422)).code, 'IDEMPOTENCY_MISMATCH');
        const both = await alice.post(path, body, 400, { 'idempotency-key': 'c-2' });
        assert.equal(both.details.field, 'metadata.client_id');
        assert.equal(both.details.reason, 'differs_from_idempotency_key');
        for (const [client_id, reason] of [
          [7, 'wrong_type'],
          [{}, 'wrong_type'],
          [true, 'wrong_type'],
          ['', 'too_short'],
          ['x'.repeat(256), 'too_long'],
        ]) {
          const { details } = await alice.post(path, { content: 'x', metadata: { client_id } }, 400);
          assert.deepEqual([details.field, details.reason], ['metadata.client_id', reason]);
        }
      });
      assert.notEqual((await bob.post(path, body, 201)).id, first.data.id, 'the key is the author’s own');
      await alice.put(`/messages/${first.data.id}`, { content: 'edited since' }, 200);
      assert.equal(
        (await alice.post(path, body, 201)).content,
        'edited since',
        'a replay shows the message as it is now',
      );
      await alice.delete(`/messages/${first.data.id}`, 204);
      assert.equal((await alice.post(path, body, 409)).code, 'RESOURCE_CONFLICT');
    });

    it('writes one message for fifty sends of one key at once', async () => {
      const body = { content: 'all at once', metadata: { client_id: 'race' } };
      const sent = await Promise.all(Array.from({ length: 50 }, () => alice.request('POST', path, { body })));
      assert.deepEqual([...new Set(sent.map(({ status }) => status))], [201]);
      assert.equal(new Set(sent.map(({ data }) => data.id)).size, 1);
      assert.equal(sent.filter(({ headers }) => headers['idempotent-replayed'] === undefined).length, 1);
    });

    it('numbers concurrent messages 1, 2, 3 … in the order of their ids', async () => {
      const other = await alice.post('/rooms', { name: 'race' }, 201);
      await bob.post(`/rooms/${other.id}/join`, {}, 201);
      const sends = Array.from({ length: 60 }, (_, n) =>
        (n % 2 ? alice : bob).post(`/rooms/${other.id}/messages`, { content: `${n}` }, 201),
      );
      await Promise.all(sends);
      const { messages } = await alice.get(`/rooms/${other.id}/messages?limit=100&order=asc`, 200);
      assert.deepEqual(
        messages.map(({ seq }: { seq: number }) => seq),
        Array.from({ length: 60 }, (_, n) => n + 1),
      );
      assert.equal(new Set(contents({ messages })).size, 60);
    });

    it('judges the text: 2 000 code points, no forbidden characters, something in it', async () => {
      await alice.post(path, { content: '𝄞'.repeat(2_000) }, 201);
      await app.unchanged(async () => {
        const long = await alice.post(path, { content: '𝄞'.repeat(2_001) }, 400);
        assert.equal(long.code, 'MESSAGE_TOO_LONG');
        assert.deepEqual(
          [long.details.field, long.details.max_length, long.details.actual_length],
          ['content', 2_000, 2_001],
        );
        await alice.post(path, { content: 'x'.repeat(100_000) }, 413);
        for (const content of ['', '   ', 'nul\u0000', '\ud800', 'a\udc00b', `z${'\u0300'.repeat(21)}`]) {
          const error = await alice.post(path, { content }, 400);
          assert.equal(error.details.field, 'content', JSON.stringify(content));
        }
        for (const content of [null, 1, true, {}, [], ['x']])
          assert.equal((await alice.post(path, { content }, 400)).details.field, 'content');
        assert.equal((await alice.post(path, {}, 400)).details.field, 'content');
        assert.equal((await alice.post(path, { content: 'x', colour: 'red' }, 400)).details.field, 'colour');
      });
      await alice.post(path, { content: `z${'\u0300'.repeat(20)}` }, 201);
    });

    it('takes metadata up to its limits', async () => {
      const deep = { a: { b: { c: { d: { e: 1 } } } } };
      assert.deepEqual((await alice.post(path, { content: 'x', metadata: deep }, 201)).metadata, deep);
      await app.unchanged(async () => {
        for (const metadata of [
          [],
          'x',
          1,
          true,
          { a: { b: { c: { d: { e: { f: 1 } } } } } },
          { a: 'x'.repeat(4_096) },
          Object.fromEntries(Array.from({ length: 33 }, (_, n) => [n, 1])),
          { a: '\ud800' },
          { 'b\u0000': 1 },
        ]) {
          const error = await alice.post(path, { content: 'x', metadata }, 400);
          assert.match(error.details.field, /^metadata/);
        }
      });
      const infinite = await alice.post(path, '{"content":"x","metadata":{"a":1e999}}', 400);
      assert.deepEqual([infinite.details.field, infinite.details.reason], ['metadata', 'not_json']);
      const sent = await alice.post(
        path,
        '{"content":"x","metadata":{"__proto__":{"polluted":true},"constructor":1}}',
        201,
      );
      assert.equal(({} as Record<string, unknown>).polluted, undefined);
      assert.equal(sent.metadata.constructor, 1);
    });

    it('shows a renamed author under the new name everywhere', async () => {
      const carol = await app.register('carol');
      const other = await carol.post('/rooms', { name: 'names' }, 201);
      const sent = await carol.post(`/rooms/${other.id}/messages`, { content: 'hi' }, 201);
      await carol.get(`/rooms/${other.id}/messages`, 200);
      await carol.put('/users/me', { username: 'caroline' }, 200);
      assert.equal((await carol.get(`/rooms/${other.id}/messages`, 200)).messages[0].username, 'caroline');
      assert.equal((await carol.get(`/messages/${sent.id}`, 200)).username, 'caroline');
      assert.equal((await carol.post(`/rooms/${other.id}/messages`, { content: 'again' }, 201)).username, 'caroline');
    });

    it('writes an event for every change and an audit row for every edit, pin and deletion, with the reason', async () => {
      const sent = await alice.post(path, { content: 'traced' }, 201);
      await alice.put(`/messages/${sent.id}`, { content: 'traced more' }, 200);
      await alice.post(`/messages/${sent.id}/pin`, { pinned: true }, 200);
      await alice.delete(`/messages/${sent.id}`, 204, { 'x-audit-log-reason': 'Contenu inapproprié' });
      const { reader } = app.deps.db;
      const events = await reader.all(
        { name: 'e', sql: `select id, type, version from events where message_id = ${sent.id} order by id` },
        [],
      );
      assert.deepEqual(
        events.map(({ type, version }) => [type, version]),
        [
          ['message_sent', 1],
          ['message_updated', 2],
          ['message_pinned', 3],
          ['message_deleted', 4],
        ],
      );
      const audit = await reader.all(
        {
          name: 'a',
          sql: `select action, user_id, actor_id, details from audit_log where event_id >= ${events[0]?.id} order by id`,
        },
        [],
      );
      assert.deepEqual(
        audit.map(({ action }) => action),
        ['message_updated', 'message_pinned', 'message_deleted'],
      );
      const details = JSON.parse(String(audit[2]?.details));
      assert.deepEqual(
        [details.message_id, details.content, details.reason],
        [sent.id, 'traced more', 'Contenu inapproprié'],
      );
    });

    it('answers a deletion with the thing as it was when asked to', async () => {
      const sent = await alice.post(path, { content: 'going' }, 201);
      const reply = await alice.request('DELETE', `/messages/${sent.id}`, {
        body: { reason: 'enough' },
        headers: { prefer: 'return=representation' },
      });
      assert.deepEqual([reply.status, reply.data], [200, sent]);
      await alice.get(`/messages/${sent.id}`, 404);
    });
  });
}
