import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownCtx } from '../src/context.ts';
import type { Database, Writer } from '../src/db/database.ts';
import { textOf } from '../src/db/statement.ts';
import { startMaintenance } from '../src/maintenance.ts';
import { differences } from '../src/modules/admin/consistency.ts';
import { purgeFiles } from '../src/modules/files/sweep.ts';
import { purgeRooms } from '../src/modules/rooms/purge.ts';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';
import type { Person } from './harness/people.ts';
import { stateOf } from './harness/state.ts';

const MINUTE = 60_000;
const WEEK = 7 * 24 * 60 * MINUTE;

for (const engine of engines) {
  describe(`what deleted rooms leave (${engine})`, async () => {
    let ahead = 0;
    const app = await createTestApp(engine, {}, { now: () => Date.now() + ahead });
    after(app.close);
    const { db } = app.deps;
    const [alice, bob, mallory] = [
      await app.register('alice'),
      await app.register('bob'),
      await app.register('mallory'),
    ];

    const purge = async (signal = new AbortController().signal) => {
      await purgeFiles(ownCtx(app.deps, 'test'), signal);
      await purgeRooms(ownCtx(app.deps, 'test'), signal);
    };
    const sql = (text: string) => db.write('test', (writer) => writer.run(textOf(text), []));
    const count = async (from: string) =>
      Number((await db.reader.all(textOf(`select count(*) as n from ${from}`), []))[0]?.n);
    /** Every row but those of the logs, which have a time of their own, and tallies, which are sums. */
    const rows = async () =>
      (await stateOf(db)).split('\n').filter((line) => !/^(events|audit_log|tallies) /.test(line));

    /** A room with something of everything in it. */
    async function livelyRoom(): Promise<{ id: number; root: number }> {
      const { id } = await alice.post('/rooms', { name: 'lively', topic: 'tea' }, 201);
      for (const person of [bob, mallory]) await person.post(`/rooms/${id}/join`, {}, 201);
      const send = (person: Person, content: string, parent_message_id: number | null = null) =>
        person.post(`/rooms/${id}/messages`, { content, parent_message_id }, 201);
      const root = (await send(alice, 'hello @bob')).id;
      const reply = (await send(bob, 'hello @alice', root)).id;
      await send(alice, 'and again', reply);
      await alice.put(`/messages/${root}`, { content: 'hello @bob and @mallory' }, 200);
      await alice.post(`/messages/${root}/pin`, {}, 200);
      await bob.post(`/messages/${root}/reactions`, { emoji: '👍' }, 201);
      const content = `of room ${id}`;
      const attached = await alice.upload({ name: 'a.txt', content, fields: { room_id: id } }, 201);
      await bob.upload({ name: 'b.txt', content, fields: { room_id: id } }, 201);
      await alice.post(`/rooms/${id}/messages`, { content: '', file_ids: [attached.file_id] }, 201);
      // Of what never happens, so that nothing is on its way.
      const url = 'https://hooks.example.com/';
      await alice.post('/webhooks', { url, events: ['message_reported'], room_id: id }, 201);
      await alice.delete(`/messages/${(await send(bob, 'forget it')).id}`, 204);
      await alice.put(`/rooms/${id}/bans/${mallory.id}`, {}, 200);
      return { id, root };
    }

    /** Puts one person's reactions on a message, more than the route takes. */
    async function react(messageId: number, many: number) {
      const values = Array.from({ length: many }, (_, n) => `(${messageId}, 'emoji ${n}', ${bob.id}, 1)`);
      await sql(`insert into reactions (message_id, emoji, user_id, created_at, container_id)
        select v.*, m.container_id from (values ${values.join(', ')}) as v inner join messages as m on m.id = ${messageId}`);
      await sql(`update messages set reaction_count = ${many}, version = version + 1 where id = ${messageId}`);
      const of = `from messages where id = ${messageId} on conflict`;
      await sql(`insert into room_hours (container_id, hour, reactions) select container_id, 0, ${many}
        ${of} (container_id, hour) do update set reactions = room_hours.reactions + excluded.reactions`);
      await sql(`insert into tallies (name, hour, stripe, value) select 'reactions', 0, container_id % 8, ${many}
        ${of} (name, hour, stripe) do update set value = tallies.value + excluded.value`);
    }

    it('goes: first what was said, a week later who was there; not a row stays, and none of another room goes', async () => {
      const neighbour = await livelyRoom();
      const before = await rows();
      const { id } = await livelyRoom();
      const logged = () => count(`events where container_id = ${id}`);
      await alice.delete(`/rooms/${id}`, 204);
      const events = await logged();
      assert.ok((await count(`messages where container_id = ${id}`)) > 0, 'deleting takes no longer for it');

      await purge();
      for (const table of ['messages', 'mentions', 'bans'])
        assert.equal(await count(`${table} where container_id = ${id}`), 0, table);
      assert.equal(await count('reactions'), 1);
      assert.deepEqual([await count('files'), await count('blobs')], [2, 1], 'of the neighbour');
      assert.equal(await count('message_revisions'), 2, 'of the neighbour');
      assert.equal(await count(`members where container_id = ${id}`), 3, 'they may still be told that it ended');
      assert.deepEqual(await differences(db.reader), []);
      await alice.get(`/rooms/${id}`, 404);

      ahead += WEEK - MINUTE;
      await purge();
      assert.equal(await count(`members where container_id = ${id}`), 3);
      ahead += 2 * MINUTE;
      await purge();
      assert.deepEqual(await rows(), before);
      assert.equal(await logged(), events);
      assert.deepEqual(await differences(db.reader), []);
      assert.equal(
        (await app.login('alice').then((again) => again.get(`/rooms/${neighbour.id}`, 200))).id,
        neighbour.id,
      );
    });

    it('goes in small steps, between which others write', async (t) => {
      const [owner, other] = [await app.login('alice'), await app.login('bob')];
      const { id } = await owner.post('/rooms', { name: 'large' }, 201);
      const { id: elsewhere } = await other.post('/rooms', { name: 'elsewhere' }, 201);
      const send = (n: number) => owner.post(`/rooms/${id}/messages`, { content: `message ${n}` }, 201);
      const sent = await Promise.all(Array.from({ length: 450 }, (_, n) => send(n)));
      await react(sent[7].id, 450);
      await owner.delete(`/rooms/${id}`, 204);

      const steps = watchWrites(t.mock, db);
      let done = false;
      const purging = purge().finally(() => {
        done = true;
      });
      while (!done) await other.post(`/rooms/${elsewhere}/messages`, { content: 'meanwhile' }, 201);
      await purging;
      const purges = steps.filter(({ name }) => name === 'room.purge');
      assert.ok(purges.length >= 6, `${purges.length} steps`);
      for (const { changed } of purges) assert.ok(changed <= 800, `${changed} rows in one step`);
      const between = steps.slice(steps.indexOf(purges[0] as Step), steps.lastIndexOf(purges.at(-1) as Step));
      assert.ok(between.some(({ name }) => name !== 'room.purge'));
      assert.equal(await count(`messages where container_id = ${id}`), 0);
      assert.deepEqual(await differences(db.reader), []);
    });

    it('waits when the server stops, its numbers in order, and goes on at the next time', async (t) => {
      // Of the rooms before this one nothing is left.
      ahead += WEEK + MINUTE;
      await purge();
      const owner = await app.login('alice');
      const { id } = await owner.post('/rooms', { name: 'large too' }, 201);
      const send = (n: number) => owner.post(`/rooms/${id}/messages`, { content: `message ${n}` }, 201);
      const root = await send(0);
      for (let n = 1; n <= 250; n++)
        await owner.post(`/rooms/${id}/messages`, { content: `reply ${n}`, parent_message_id: root.id }, 201);
      await owner.delete(`/rooms/${id}`, 204);
      t.mock.timers.enable({ apis: ['setInterval'] });
      const left = () => count(`messages where container_id = ${id}`);
      const stop = startMaintenance(app.deps);
      let stopped: Promise<void> | undefined;
      const watched = watchWrites(t.mock, db, (name) => {
        if (name === 'room.purge') stopped ??= stop();
      });
      t.mock.timers.tick(10 * MINUTE);
      while (stopped === undefined) await sleep(1);
      await stopped;
      assert.deepEqual([await left(), watched.filter(({ name }) => name === 'room.purge').length], [51, 1]);
      assert.deepEqual(await differences(db.reader), []);

      const stopAgain = startMaintenance(app.deps);
      t.mock.timers.tick(10 * MINUTE);
      while ((await left()) > 0) await sleep(1);
      await stopAgain();
    });
  });
}

interface Step {
  readonly name: string;
  changed: number;
}

/** What is written from now on, and how many rows each transaction changes. */
function watchWrites(mock: TestContext['mock'], db: Database, seen = (_name: string) => {}): Step[] {
  const steps: Step[] = [];
  const write = db.write;
  mock.method(db, 'write', <T>(name: string, work: (db: Writer) => Promise<T>) => {
    const step = { name, changed: 0 };
    steps.push(step);
    seen(name);
    return write(name, (writer) =>
      work({
        ...writer,
        run: async (text, values) => {
          const changed = await writer.run(text, values);
          step.changed += changed;
          return changed;
        },
      }),
    );
  });
  return steps;
}
