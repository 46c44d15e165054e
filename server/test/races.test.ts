import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { differences } from '../src/modules/admin/consistency.ts';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';
import { draws } from './harness/draws.ts';
import type { Person } from './harness/people.ts';

const MAX_PINS = 5;

/** `count` things done at once. */
const atOnce = <T>(count: number, act: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => act(n)));

/** Same draws for the same RACES_SEED; the order in which the server answers is its own. */
const seed = Number(process.env.RACES_SEED ?? Date.now() % 2 ** 31);
const { next: random, pick: anyOf } = draws(seed);
const emoji = ['👍', '❤️'];

for (const engine of engines) {
  describe(`at once (${engine}, RACES_SEED=${seed})`, async () => {
    const app = await createTestApp(engine, { MAX_PINS_PER_ROOM: String(MAX_PINS) });
    after(app.close);
    const people: Person[] = [];
    for (const name of ['alice', 'bob', 'carol', 'dave']) people.push(await app.register(name));
    const [alice, bob] = people as [Person, Person];

    async function roomOfAll() {
      const { id } = await alice.post('/rooms', { name: 'all' }, 201);
      for (const person of people.slice(1)) {
        await person.post(`/rooms/${id}/join`, {}, 201);
        await alice.put(`/rooms/${id}/members/${person.id}`, { role: 'moderator' }, 200);
      }
      return { id: id as number, path: `/rooms/${id}/messages` };
    }
    const inOrder = async () => assert.deepEqual(await app.deps.db.snapshot(differences), []);

    it('fifty sends under one key are one message', async () => {
      const { path } = await roomOfAll();
      const body = { content: 'once', metadata: { client_id: 'the same' } };
      const replies = await atOnce(50, () => alice.request('POST', path, { body }));
      assert.deepEqual([...new Set(replies.map(({ status }) => status))], [201]);
      assert.equal(new Set(replies.map(({ data }) => data.id)).size, 1);
      const first = replies.filter(({ headers }) => headers['idempotent-replayed'] === undefined);
      assert.equal(first.length, 1);
      assert.equal((await alice.get(path, 200)).total_count, 1);
      const others = await atOnce(10, (n) =>
        alice.request('POST', path, { body: { ...body, content: `another ${n}` } }),
      );
      assert.deepEqual([...new Set(others.map(({ error }) => error.code))], ['IDEMPOTENCY_MISMATCH']);
      await inOrder();
    });

    it('fifty sends of several people are numbered without gap or double, in the order of their ids', async () => {
      const { path } = await roomOfAll();
      const sent = await atOnce(50, (n) => anyOf(people).post(path, { content: `message ${n}` }, 201));
      const bySeq = sent.sort((a, b) => a.seq - b.seq);
      assert.deepEqual(
        bySeq.map(({ seq }) => seq),
        Array.from({ length: 50 }, (_, n) => n + 1),
      );
      const ids = bySeq.map(({ id }) => id as number);
      assert.deepEqual(
        ids,
        ids.toSorted((a, b) => a - b),
      );
      await inOrder();
    });

    it('one pair has one conversation, whoever opens it', async () => {
      const opened = await atOnce(20, (n) => {
        const [from, to] = n % 2 === 0 ? [alice, bob] : [bob, alice];
        return from.request('POST', '/conversations', { body: { user_id: to.id } });
      });
      assert.equal(new Set(opened.map(({ data }) => data.id)).size, 1);
      assert.equal(opened.filter(({ status }) => status === 201).length, 1);
      assert.equal(opened.filter(({ status }) => status === 200).length, 19);
      assert.equal((await bob.get('/conversations', 200)).total, 1);
      await inOrder();
    });

    it(`no more than ${MAX_PINS} are pinned, and a message once`, async () => {
      const { path } = await roomOfAll();
      const ids = (await atOnce(10, (n) => alice.post(path, { content: `${n}` }, 201))).map(({ id }) => id as number);
      const pins = await atOnce(40, (n) =>
        anyOf(people).request('POST', `/messages/${ids[n % ids.length]}/pin`, { body: {} }),
      );
      for (const { status, error } of pins.filter(({ status }) => status !== 200))
        assert.deepEqual([status, error.details.reason], [422, 'too_many_pins']);
      assert.equal((await alice.get(`${path}?pinned_only=true`, 200)).total_count, MAX_PINS);
      await inOrder();
    });

    it('a message is deleted once, and counted once', async () => {
      const { path } = await roomOfAll();
      const root = await bob.post(path, { content: 'root @alice' }, 201);
      await alice.post(path, { content: 'reply', parent_message_id: root.id }, 201);
      const deletions = await atOnce(10, (n) => (n % 2 === 0 ? alice : bob).request('DELETE', `/messages/${root.id}`));
      assert.deepEqual(deletions.map(({ status }) => status).sort(), [204, ...Array(9).fill(404)]);
      await inOrder();
    });

    it('a check in the middle of writing sees one moment, and so no difference', async () => {
      const { path } = await roomOfAll();
      let checking = true;
      const writing = people.map(async (person) => {
        for (let n = 0; checking; n++) {
          const { id } = await person.post(path, { content: `${n} @${anyOf(people).username}` }, 201);
          if (n % 3 === 0) await person.delete(`/messages/${id}`, 204);
        }
      });
      for (let n = 0; n < 3; n++)
        assert.deepEqual((await app.admin.get('/admin/consistency', 200)).differences, [], 'seen while others write');
      checking = false;
      await Promise.all(writing);
    });

    it('everybody does everything, and every number is right afterwards', async () => {
      const { id: roomId, path } = await roomOfAll();
      const authors = new Map<number, Person>();
      const put: { person: Person; path: string }[] = [];
      const sent: number[] = [];
      const { id: conversationId } = await alice.post('/conversations', { user_id: bob.id }, 200);
      const direct = `/conversations/${conversationId}/messages`;
      const acts: (() => Promise<number>)[] = [
        async () => {
          const parent_message_id = random() < 0.5 && sent.length > 0 ? anyOf(sent) : null;
          const content = `hello @${anyOf(people).username}`;
          const author = anyOf(people);
          const { status, data } = await author.request('POST', path, { body: { content, parent_message_id } });
          if (status === 201) authors.set(data.id, author);
          if (status === 201) sent.push(data.id);
          return status;
        },
        async () => {
          const { status, data } = await anyOf([alice, bob]).request('POST', direct, { body: { content: 'psst' } });
          if (status === 201) sent.push(data.id);
          return status;
        },
        async () => {
          const id = anyOf(sent);
          const who = (random() < 0.5 && authors.get(id)) || anyOf(people);
          const content = `edited ${random()} @${anyOf(people).username}`;
          return (await who.request('PUT', `/messages/${id}`, { body: { content } })).status;
        },
        async () => (await anyOf(people).request('DELETE', `/messages/${anyOf(sent)}`)).status,
        async () =>
          (await anyOf(people).request('POST', `/messages/${anyOf(sent)}/pin`, { body: { pinned: random() < 0.6 } }))
            .status,
        async () => {
          const [person, id, chosen] = [anyOf(people), anyOf(sent), anyOf(emoji)];
          const { status } = await person.request('POST', `/messages/${id}/reactions`, { body: { emoji: chosen } });
          if (status === 201) put.push({ person, path: `/messages/${id}/reactions/${encodeURIComponent(chosen)}` });
          return status;
        },
        async () => {
          const one = put.shift();
          return one === undefined ? 404 : (await one.person.request('DELETE', one.path)).status;
        },
        async () =>
          (
            await anyOf(people).request('POST', `/rooms/${roomId}/read`, {
              body: random() < 0.3 ? {} : { message_id: anyOf(sent), unread: random() < 0.4 },
            })
          ).status,
        async () => (await anyOf(people.slice(1)).request('POST', `/rooms/${roomId}/leave`, { body: {} })).status,
        async () => (await anyOf(people.slice(1)).request('POST', `/rooms/${roomId}/join`, { body: {} })).status,
        async () =>
          (
            await anyOf([alice, bob]).request('POST', `/conversations/${conversationId}/block`, {
              body: { blocked: random() < 0.3 },
            })
          ).status,
      ];
      const done = acts.map(() => 0);
      const run = async (n: number) => {
        const status = await (acts[n] as () => Promise<number>)();
        if (status >= 200 && status < 300) done[n] = (done[n] ?? 0) + 1;
      };
      const sending = () => run(0);
      await atOnce(10, sending);
      // Before anybody has blocked anybody: later it is a matter of luck.
      await run(1);
      for (let wave = 0; wave < 8; wave++) {
        await atOnce(40, () => (random() < 0.3 ? sending() : run(Math.floor(random() * acts.length))));
        await inOrder();
      }
      assert.ok(!done.includes(0), `each act succeeds at times: ${done}`);
    });
  });
}
