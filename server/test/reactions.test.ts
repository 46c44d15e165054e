import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { textOf } from '../src/db/statement.ts';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';
import { withoutTrace } from './harness/auth.ts';
import type { Person } from './harness/people.ts';

const twentyOne = [
  '😀',
  '😃',
  '😄',
  '😁',
  '😆',
  '😅',
  '🤣',
  '😂',
  '🙂',
  '🙃',
  '😉',
  '😊',
  '😇',
  '🥰',
  '😍',
  '🤩',
  '😘',
  '😗',
  '😚',
  '😙',
  '😋',
];
const inPath = (emoji: string) => encodeURIComponent(emoji);
const namesOf = (users: { username: string }[]) => users.map(({ username }) => username);

for (const engine of engines) {
  describe(`reactions (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const [alice, bob, carol, mallory] = [
      await app.register('alice'),
      await app.register('bob'),
      await app.register('carol'),
      await app.register('mallory'),
    ];
    const room = await alice.post('/rooms', { name: 'tea', is_public: false }, 201);
    for (const person of [bob, carol]) await alice.post(`/rooms/${room.id}/members`, { user_id: person.id }, 201);
    const send = async (person: Person = alice): Promise<number> =>
      (await person.post(`/rooms/${room.id}/messages`, { content: 'More tea?' }, 201)).id;
    const eventsOf = (messageId: number) =>
      app.deps.db.reader.all(
        textOf(
          `select type, actor_id, user_id, version, data from events where message_id = ${messageId} and type like 'reaction_%' order by id`,
        ),
        [],
      );

    it('bob likes alice’s message, once however often, and takes it back', async () => {
      const id = await send();
      const path = `/messages/${id}/reactions`;
      const before = await alice.get(`/messages/${id}`, 200);
      const added = await bob.post(path, { emoji: '👍' }, 201);
      const [{ created_at }] = added.reactions[0].users;
      const shown = {
        message_id: id,
        total_reactions: 1,
        reactions: [{ emoji: '👍', count: 1, users: [{ user_id: bob.id, username: 'bob', created_at }] }],
      };
      assert.deepEqual(added, shown);
      await app.unchanged(async () => assert.deepEqual(await bob.post(path, { emoji: '👍' }, 200), shown));
      assert.deepEqual(await alice.get(path, 200), shown);

      const message = await bob.get(`/messages/${id}`, 200);
      assert.deepEqual(message.reactions, { '👍': { count: 1, users: [{ user_id: bob.id, username: 'bob' }] } });
      assert.deepEqual([message.my_reactions, message.version, message.updated_at], [['👍'], 2, before.updated_at]);
      assert.deepEqual((await alice.get(`/messages/${id}`, 200)).my_reactions, []);
      const [listed] = (await bob.get(`/rooms/${room.id}/messages?limit=1`, 200)).messages;
      assert.deepEqual(listed, message);

      await bob.delete(`${path}/${inPath('👍')}`, 204);
      assert.deepEqual(await bob.get(path, 200), { message_id: id, total_reactions: 0, reactions: [] });
      assert.deepEqual(await bob.get(`/messages/${id}`, 200), { ...before, version: 3 });
      await app.unchanged(async () =>
        assert.equal((await bob.delete(`${path}/${inPath('👍')}`, 404)).code, 'NOT_FOUND'),
      );
      const of = { actor_id: bob.id, user_id: bob.id };
      assert.deepEqual(await eventsOf(id), [
        { type: 'reaction_added', ...of, version: 2, data: '{"emoji":"👍","count":1}' },
        { type: 'reaction_removed', ...of, version: 3, data: '{"emoji":"👍","count":0}' },
      ]);
    });

    it('the room they are in stays as it was: no unread, no activity, no audit row', async () => {
      const id = await send();
      const before = await bob.get(`/rooms/${room.id}`, 200);
      await carol.post(`/messages/${id}/reactions`, { emoji: '🎉' }, 201);
      assert.deepEqual(await bob.get(`/rooms/${room.id}`, 200), before);
      const audited = textOf(`select count(*) as n from audit_log where action like 'reaction%'`);
      assert.deepEqual(await app.deps.db.reader.all(audited, []), [{ n: 0 }]);
    });

    it('one emoji is one, with or without the sign that asks for its colours', async () => {
      const id = await send();
      const path = `/messages/${id}/reactions`;
      await alice.post(path, { emoji: '❤' }, 201);
      await alice.post(path, { emoji: '❤️' }, 200);
      await bob.post(path, { emoji: '❤️' }, 201);
      await bob.post(path, { emoji: '👍\ufe0f' }, 201);
      await bob.post(path, { emoji: '👍' }, 200);
      const { reactions } = await carol.get(path, 200);
      assert.deepEqual(
        reactions.map(({ emoji, count }: { emoji: string; count: number }) => [emoji, count]),
        [
          ['❤️', 2],
          ['👍', 1],
        ],
      );
      assert.equal((await carol.get(`${path}?emoji=${inPath('❤')}`, 200)).reactions[0].emoji, '❤️');
      await bob.delete(`${path}/${inPath('❤')}`, 204);
      assert.deepEqual((await bob.get(`/messages/${id}`, 200)).my_reactions, ['👍']);
    });

    it('statistics count what is there, whatever came and went', async () => {
      const { id: stage } = await alice.post('/rooms', { name: 'the stage' }, 201);
      const { id } = await alice.post(`/rooms/${stage}/messages`, { content: 'Bravo!' }, 201);
      const counted = async () => (await alice.get(`/rooms/${stage}/stats`, 200)).reactions_count;
      const onServer = async () => (await app.admin.get('/admin/stats', 200)).reactions.total;
      const before = await onServer();
      for (const emoji of ['👍', '🎉']) await alice.post(`/messages/${id}/reactions`, { emoji }, 201);
      await alice.post(`/messages/${id}/reactions`, { emoji: '👍' }, 200);
      assert.deepEqual([await counted(), await onServer()], [2, before + 2]);
      await alice.delete(`/messages/${id}/reactions/${inPath('👍')}`, 204);
      assert.deepEqual([await counted(), await onServer()], [1, before + 1]);
      await alice.delete(`/messages/${id}`, 204);
      assert.deepEqual([await counted(), await onServer()], [0, before]);
    });

    it('keycaps, flags and families go through a path', async () => {
      const id = await send();
      for (const emoji of ['#️⃣', '*️⃣', '0️⃣', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '🇫🇷', '👩🏽‍❤️‍💋‍👨🏿', '👨‍👩‍👧‍👦', '🏻']) {
        await bob.post(`/messages/${id}/reactions`, { emoji }, 201);
        const asIt = { prefer: 'return=representation' };
        const gone = await bob.delete(`/messages/${id}/reactions/${inPath(emoji)}`, 200, asIt);
        assert.deepEqual(
          { ...gone, created_at: '' },
          { message_id: id, emoji, user_id: bob.id, username: 'bob', created_at: '' },
        );
      }
    });

    it('what is no emoji is 400 and names the field, wherever it stands, before anything is said of the message', async () => {
      const id = await send();
      await app.unchanged(async () => {
        for (const emoji of [
          'a',
          ':+1:',
          '❤\ufe0e',
          '👍👍',
          ' ',
          '\u202e',
          '\ud83d',
          '🇫🇽',
          'x'.repeat(33),
          '👍'.repeat(5_000),
        ]) {
          const refused = [
            await bob.post(`/messages/${id}/reactions`, { emoji }, 400),
            await mallory.post(`/messages/${id}/reactions`, { emoji }, 400),
            await bob.post(`/messages/999999/reactions`, { emoji }, 400),
          ];
          if (emoji.isWellFormed() && emoji.length < 1_000)
            refused.push(
              await bob.delete(`/messages/${id}/reactions/${inPath(emoji)}`, 400),
              await bob.get(`/messages/${id}/reactions?emoji=${inPath(emoji)}`, 400),
            );
          for (const { code, details } of refused)
            assert.deepEqual([code, details.field], ['VALIDATION_FAILED', 'emoji']);
        }
        for (const body of [
          {},
          { emoji: null },
          { emoji: 1 },
          { emoji: ['👍'] },
          { emoji: '' },
          { emoji: '👍', user_id: carol.id },
        ])
          await bob.post(`/messages/${id}/reactions`, body, 400);
        for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor=x', 'cursor=', 'emoji='])
          assert.equal(
            (
              await bob.get(
                `/messages/${id}/reactions?emoji=${inPath('👍')}&${query}`.replace(/emoji=[^&]*&emoji=/, 'emoji='),
                400,
              )
            ).details.field,
            query.split('=')[0],
          );
        const { details } = await bob.get(`/messages/${id}/reactions?cursor=MS0x`, 400);
        assert.deepEqual([details.field, details.reason], ['cursor', 'needs_emoji']);
      });
      assert.equal((await bob.delete(`/messages/${id}/reactions/%F0%9F%91`, 400)).code, 'VALIDATION_FAILED');
    });

    it('a message has room for twenty emoji; the twenty-first is 422, one that is there is not', async () => {
      const id = await send();
      const path = `/messages/${id}/reactions`;
      const [last = '', ...first] = twentyOne.toReversed();
      for (const [n, emoji] of first.entries()) await [alice, bob][n % 2]?.post(path, { emoji }, 201);
      await app.unchanged(async () => {
        const { code, details } = await carol.post(path, { emoji: last }, 422);
        assert.deepEqual([code, details], ['UNPROCESSABLE', { reason: 'too_many_emoji', limit: 20 }]);
        const keyed = { 'idempotency-key': 'the twenty-first' };
        await carol.post(path, { emoji: last }, 422, keyed);
        await carol.post(path, { emoji: last }, 422, keyed);
      });
      assert.equal((await carol.post(path, { emoji: first[0] }, 201)).reactions.length, 20);
      await alice.delete(`${path}/${inPath(first[2] as string)}`, 204);
      assert.equal((await carol.post(path, { emoji: last }, 201)).total_reactions, 21);
    });

    it('ten people are shown with an emoji, oldest first, and everybody is paged', async () => {
      const open = await alice.post('/rooms', { name: 'the stands' }, 201);
      const { id } = await alice.post(`/rooms/${open.id}/messages`, { content: 'Goal!' }, 201);
      const path = `/messages/${id}/reactions`;
      const fans: Person[] = [];
      for (let n = 0; n < 13; n++) fans.push(await app.register(`fan_${n}`));
      for (const fan of fans) {
        await fan.post(`/rooms/${open.id}/join`, {}, 201);
        await fan.post(path, { emoji: '⚽' }, 201);
      }
      await alice.post(path, { emoji: '🎉' }, 201);
      const { total_reactions, reactions, ...rest } = await mallory.get(path, 200);
      assert.deepEqual([total_reactions, reactions.length, rest], [14, 2, { message_id: id }]);
      // Those of one millisecond stand by their ids, which is the order they signed up in.
      assert.deepEqual([reactions[0].count, namesOf(reactions[0].users)], [13, namesOf(fans.slice(0, 10))]);
      const message = await mallory.get(`/messages/${id}`, 200);
      assert.deepEqual([message.reactions['⚽'].count, message.reactions['⚽'].users.length], [13, 10]);

      const seen: string[] = [];
      let cursor: string | null = '';
      for (let pages = 0; cursor !== null; pages++) {
        assert.ok(pages < 4);
        const page: Awaited<ReturnType<Person['get']>> = await mallory.get(
          `${path}?emoji=${inPath('⚽')}&limit=5${cursor && `&cursor=${cursor}`}`,
          200,
        );
        assert.deepEqual([page.total_reactions, page.reactions[0].count], [14, 13]);
        seen.push(...namesOf(page.reactions[0].users));
        assert.equal(page.has_more, page.next_cursor !== null);
        cursor = page.next_cursor;
      }
      assert.deepEqual(seen, namesOf(fans));
      const whole = await mallory.get(`${path}?emoji=${inPath('⚽')}&limit=13`, 200);
      assert.deepEqual([whole.reactions[0].users.length, whole.has_more, whole.next_cursor], [13, false, null]);
      const none = await mallory.get(`${path}?emoji=${inPath('🥅')}`, 200);
      assert.deepEqual(none, {
        message_id: id,
        total_reactions: 14,
        reactions: [],
        has_more: false,
        next_cursor: null,
      });

      await fans[0]?.put('/users/me', { username: 'the_first_fan' }, 200);
      assert.equal((await mallory.get(path, 200)).reactions[0].users[0].username, 'the_first_fan');
    });

    it('whoever asks again with the ETag hears only what is new', async () => {
      const id = await send();
      const { headers } = await bob.request('GET', `/messages/${id}/reactions`);
      const again = { 'if-none-match': String(headers.etag) };
      assert.equal((await bob.request('GET', `/messages/${id}/reactions`, { headers: again })).status, 304);
      await carol.post(`/messages/${id}/reactions`, { emoji: '👀' }, 201);
      assert.equal((await bob.request('GET', `/messages/${id}/reactions`, { headers: again })).status, 200);
    });

    it('a key gives the first answer again, and refuses another emoji', async () => {
      const id = await send();
      const path = `/messages/${id}/reactions`;
      const headers = { 'idempotency-key': 'a press of a button' };
      const first = await bob.request('POST', path, { body: { emoji: '👍' }, headers });
      await carol.post(path, { emoji: '👍' }, 201, headers);
      const again = await bob.request('POST', path, { body: { emoji: '👍' }, headers });
      assert.deepEqual([first.status, again.status, again.headers['idempotent-replayed']], [201, 201, 'true']);
      assert.deepEqual(again.data, first.data);
      assert.equal((await bob.post(path, { emoji: '🎉' }, 422, headers)).code, 'IDEMPOTENCY_MISMATCH');
    });

    it('who may not, may not, and nothing is left behind', async () => {
      const id = await send();
      const path = `/messages/${id}/reactions`;
      await bob.post(path, { emoji: '👍' }, 201);
      await alice.put(`/rooms/${room.id}/mutes/${bob.id}`, {}, 200);
      await app.unchanged(async () => {
        assert.equal((await bob.post(path, { emoji: '🎉' }, 403)).details.reason, 'muted');
        assert.equal((await bob.post(path, { emoji: '👍' }, 403)).details.reason, 'muted');
        assert.equal((await mallory.post(path, { emoji: '👍' }, 404)).code, 'MESSAGE_NOT_FOUND');
        assert.equal((await mallory.delete(`${path}/${inPath('👍')}`, 404)).code, 'MESSAGE_NOT_FOUND');
        // It is bob’s: nobody else takes it back, the owner neither.
        assert.equal((await alice.delete(`${path}/${inPath('👍')}`, 404)).code, 'NOT_FOUND');
        assert.equal((await app.admin.delete(`${path}/${inPath('👍')}`, 404)).code, 'NOT_FOUND');
        await app.admin.post(path, { emoji: '👍' }, 403);
        const hidden = await mallory.request('GET', path);
        const never = await mallory.request('GET', '/messages/999999/reactions');
        assert.deepEqual(withoutTrace(hidden), withoutTrace(never));
      });
      await bob.delete(`${path}/${inPath('👍')}`, 204);
      await alice.delete(`/rooms/${room.id}/mutes/${bob.id}`, 204);

      await carol.post(path, { emoji: '🎉' }, 201);
      await alice.put(`/rooms/${room.id}`, { is_archived: true }, 200);
      await app.unchanged(async () =>
        assert.equal((await bob.post(path, { emoji: '👍' }, 403)).details.reason, 'archived'),
      );
      await carol.delete(`${path}/${inPath('🎉')}`, 204);
      await alice.put(`/rooms/${room.id}`, { is_archived: false }, 200);
    });

    it('a deleted message takes its reactions along', async () => {
      const id = await send();
      const path = `/messages/${id}/reactions`;
      await bob.post(path, { emoji: '👍' }, 201);
      await carol.post(`/rooms/${room.id}/messages`, { content: 'yes', parent_message_id: id }, 201);
      await alice.delete(`/messages/${id}`, 204);
      await app.unchanged(async () => {
        for (const person of [alice, bob, app.admin]) {
          await person.get(path, 404);
          await person.post(path, { emoji: '👍' }, 404);
          assert.equal((await person.delete(`${path}/${inPath('👍')}`, 404)).code, 'MESSAGE_NOT_FOUND');
        }
      });
      const { messages } = await bob.get(`/rooms/${room.id}/messages?include_threads=true&limit=5`, 200);
      const tombstone = messages.find((message: { id: number }) => message.id === id);
      assert.deepEqual([tombstone.reactions, tombstone.my_reactions], [{}, []]);
    });

    it('in a conversation both react until one blocks; what is there can still be taken back', async () => {
      const talk = await alice.post('/conversations', { user_id: bob.id }, 201);
      const { id } = await alice.post(`/conversations/${talk.id}/messages`, { content: 'psst' }, 201);
      const path = `/messages/${id}/reactions`;
      await bob.post(path, { emoji: '🤫' }, 201);
      await alice.post(path, { emoji: '🤫' }, 201);
      await alice.post(`/conversations/${talk.id}/block`, { blocked: true }, 200);
      await app.unchanged(async () => {
        for (const person of [alice, bob])
          assert.equal((await person.post(path, { emoji: '👍' }, 403)).code, 'USER_BLOCKED');
        await app.admin.get(path, 404);
        await mallory.post(path, { emoji: '👍' }, 404);
      });
      assert.equal((await bob.get(path, 200)).total_reactions, 2);
      await bob.delete(`${path}/${inPath('🤫')}`, 204);
      await alice.delete(`${path}/${inPath('🤫')}`, 204);
    });
  });

  describe(`reactions at once (${engine})`, async () => {
    // On a busy machine fifty in a row may take longer than one request may.
    const app = await createTestApp(engine, { HANDLER_TIMEOUT_SECONDS: '600' });
    after(app.close);
    const alice = await app.register('alice');
    const { id: roomId } = await alice.post('/rooms', { name: 'crowd' }, 201);
    const crowd: Person[] = [];
    await Promise.all(Array.from({ length: 50 }, async (_, n) => crowd.push(await app.register(`person_${n}`))));
    await Promise.all(crowd.map((person) => person.post(`/rooms/${roomId}/join`, {}, 201)));
    const send = async (): Promise<number> =>
      (await alice.post(`/rooms/${roomId}/messages`, { content: 'everybody now' }, 201)).id;
    const inOrder = async () => assert.equal((await app.admin.get('/admin/consistency', 200)).ok, true);
    const statuses = async (all: Promise<{ status: number }>[]) =>
      (await Promise.all(all)).map(({ status }) => status).sort();

    it('fifty people press one emoji: fifty, each counted once, told in order', async () => {
      const id = await send();
      const path = `/messages/${id}/reactions`;
      const all = crowd.map((person) => person.request('POST', path, { body: { emoji: '👍' } }));
      assert.deepEqual(new Set(await statuses(all)), new Set([201]));
      const page = await alice.get(`${path}?emoji=${inPath('👍')}&limit=100`, 200);
      assert.deepEqual([page.total_reactions, page.reactions[0].count], [50, 50]);
      assert.deepEqual(
        new Set(page.reactions[0].users.map(({ user_id }: { user_id: number }) => user_id)),
        new Set(crowd.map((person) => person.id)),
      );
      const told = await app.deps.db.reader.all(
        textOf(`select version, data from events where message_id = ${id} and type = 'reaction_added' order by id`),
        [],
      );
      assert.deepEqual(
        told.map(({ version, data }) => [version, JSON.parse(String(data)).count]),
        told.map((_, n) => [n + 2, n + 1]),
      );
      assert.equal((await alice.get(`/messages/${id}`, 200)).version, 51);
      await inOrder();
    });

    it('one person presses one emoji fifty times: once', async () => {
      const id = await send();
      const path = `/messages/${id}/reactions`;
      const all = Array.from({ length: 50 }, () => alice.request('POST', path, { body: { emoji: '👍' } }));
      const found = await statuses(all);
      assert.deepEqual(
        [found.filter((status) => status === 201).length, found.filter((status) => status === 200).length],
        [1, 49],
      );
      assert.equal((await alice.get(path, 200)).total_reactions, 1);
      const back = Array.from({ length: 50 }, () => alice.request('DELETE', `${path}/${inPath('👍')}`));
      const gone = await statuses(back);
      assert.deepEqual(
        [gone.filter((status) => status === 204).length, gone.filter((status) => status === 404).length],
        [1, 49],
      );
      assert.equal((await alice.get(`/messages/${id}`, 200)).version, 3);
      await inOrder();
    });

    it('of thirty different emoji at once twenty are taken', async () => {
      const id = await send();
      const many = [...twentyOne, '🐶', '🐱', '🐭', '🐹', '🐰', '🦊', '🐻', '🐼', '🐨'];
      const found = await statuses(
        many.map((emoji, n) => (crowd[n] as Person).request('POST', `/messages/${id}/reactions`, { body: { emoji } })),
      );
      assert.deepEqual(
        [found.filter((status) => status === 201).length, found.filter((status) => status === 422).length],
        [20, 10],
      );
      assert.equal((await alice.get(`/messages/${id}/reactions`, 200)).reactions.length, 20);
      await inOrder();
    });

    it('presses against the deletion of the message leave nothing', async () => {
      const id = await send();
      const path = `/messages/${id}/reactions`;
      const press = (person: Person) => person.request('POST', path, { body: { emoji: '👍' } });
      const all = [
        ...crowd.slice(0, 25).map(press),
        alice.request('DELETE', `/messages/${id}`),
        ...crowd.slice(25).map(press),
      ];
      const found = await statuses(all);
      assert.deepEqual(
        found.filter((status) => ![201, 204, 404].includes(status)),
        [],
      );
      assert.ok(found.includes(204));
      await alice.get(path, 404);
      const left = textOf(`select count(*) as n from reactions where message_id = ${id}`);
      assert.deepEqual(await app.deps.db.reader.all(left, []), [{ n: 0 }]);
      await inOrder();
    });

    it('presses and takings back, all mixed, leave what a recount finds', async () => {
      const ids = [await send(), await send()];
      const acts = crowd.flatMap((person, n) =>
        ['👍', '🎉'].flatMap((emoji) => {
          const path = `/messages/${ids[n % 2]}/reactions`;
          const add = () => person.request('POST', path, { body: { emoji } });
          return [add(), person.request('DELETE', `${path}/${inPath(emoji)}`), ...(n % 3 === 0 ? [add()] : [])];
        }),
      );
      await Promise.all(acts);
      for (const id of ids) {
        const { reactions, total_reactions } = await alice.get(`/messages/${id}/reactions`, 200);
        const sum = reactions.reduce((total: number, { count }: { count: number }) => total + count, 0);
        assert.equal(sum, total_reactions);
      }
      await inOrder();
    });
  });

  describe(`the rate of reactions (${engine})`, async () => {
    const app = await createTestApp(engine, {
      RATE_LIMITS: 'on',
      RATE_LIMIT_CHANGE: '3/1m',
      MAX_EMOJI_PER_MESSAGE: '1',
    });
    after(app.close);

    it('counts adding and taking back together, and MAX_EMOJI_PER_MESSAGE is obeyed', async () => {
      const alice = await app.register('alice');
      const { id } = await alice.post('/rooms/1/messages', { content: 'hello' }, 201);
      const path = `/messages/${id}/reactions`;
      await alice.post(path, { emoji: '👍' }, 201);
      assert.equal((await alice.post(path, { emoji: '🎉' }, 422)).details.limit, 1);
      await alice.delete(`${path}/${inPath('👍')}`, 204);
      const { code, details } = await alice.post(path, { emoji: '👍' }, 429);
      assert.deepEqual([code, details.scope], ['RATE_LIMIT_EXCEEDED', 'change']);
    });
  });
}
