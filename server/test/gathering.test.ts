import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { containerStream } from '../src/events.ts';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';

const isWaitedFor = `select count(*)::int as count from pg_stat_activity
  where datname = current_database() and wait_event = 'advisory'`;

// Where transactions wait for each other, which they do on PostgreSQL alone.
for (const engine of engines.filter((engine) => engine === 'postgres')) {
  describe(`sends that wait for their room (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const { db, messages } = app.deps;
    const alice = await app.register('alice');
    const open = async (name: string) => {
      const { id } = await alice.post('/rooms', { name }, 201);
      return { id: id as number, path: `/rooms/${id}/messages` };
    };
    /** Until what was asked has reached the gathering: another answer of the server comes later. */
    const settled = async () => void (await alice.get('/users/me', 200));
    const batches = () => messages.sends.batches.counts.reduce((sum, count) => sum + count, 0);

    /** Somebody else has the room, and one send waits for it already. */
    async function held(room: { id: number; path: string }) {
      const { promise: has, resolve: taken } = Promise.withResolvers<void>();
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const holding = db.write('hold', async (writer) => {
        await writer.lock([containerStream(room.id)]);
        taken();
        await released;
      });
      await has;
      const first = alice.post(room.path, { content: 'first' }, 201);
      while ((await db.reader.all({ name: undefined, sql: isWaitedFor }, []))[0]?.count === 0) await sleep(5);
      return {
        first,
        release: async () => {
          release();
          await holding;
        },
      };
    }

    it('go together when its turn has come, in their order', async () => {
      const room = await open('one');
      const before = batches();
      const { first, release } = await held(room);
      const more = ['second', 'third', 'fourth'].map((content) => alice.post(room.path, { content }, 201));
      await settled();
      await release();
      const sent = await Promise.all([first, ...more]);
      assert.equal(batches() - before, 1);
      assert.deepEqual(
        sent.map(({ id }) => id),
        sent.map(({ id }) => id).sort((a, b) => a - b),
      );
    });

    it('keep nobody from another room', async () => {
      const [room, other] = [await open('two'), await open('three')];
      const { first, release } = await held(room);
      await alice.post(other.path, { content: 'meanwhile' }, 201);
      await release();
      await first;
    });

    it('let one with a file wait for its person too, and nobody overtakes it', async () => {
      const room = await open('four');
      const { file_id } = await alice.upload({ name: 'a.txt', content: 'a' }, 201);
      const before = batches();
      const { first, release } = await held(room);
      const more = [{ content: 'second', file_ids: [file_id] }, { content: 'third' }].map((body) =>
        alice.post(room.path, body, 201),
      );
      await settled();
      await release();
      const sent = await Promise.all([first, ...more]);
      assert.equal(batches() - before, 2);
      const { messages: shown } = await alice.get(`${room.path}?order=asc`, 200);
      assert.deepEqual(
        shown.map(({ content }: { content: string }) => content),
        ['first', 'second', 'third'],
      );
      assert.equal(sent.length, 3);
    });
  });
}
