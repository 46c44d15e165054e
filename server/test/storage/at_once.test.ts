import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Writer } from '../../src/db/database.ts';
import { change, query } from '../../src/db/statement.ts';
import { engines } from '../engines.ts';
import { openTestDatabase } from './databases.ts';

const put = change((q, p: { key: string; value: string }) =>
  q.insertInto('settings').values({ key: p.key, value: p.value }),
);
const set = change((q, p: { key: string; value: string }) =>
  q.updateTable('settings').set({ value: p.value }).where('key', '=', p.key),
);
const every = query((q) => q.selectFrom('settings').orderBy('key').select(['key', 'value']));

for (const engine of engines)
  describe(`statements that a transaction asks for at the same time (${engine})`, async () => {
    const { db, close } = await openTestDatabase(engine);
    after(close);
    const kept = async () => (await every.all(db.reader, {})).map(({ key, value }) => `${key} ${value}`);

    it('are carried out in that order, and each has its own answer', async () => {
      const answers = await db.write('ordered', (writer) =>
        Promise.all([
          set.run(writer, { key: 'a', value: 'too early' }),
          put.run(writer, { key: 'a', value: '1' }),
          every.all(writer, {}),
          set.run(writer, { key: 'a', value: '2' }),
          every.all(writer, {}),
        ]),
      );
      assert.deepEqual(answers, [0, 1, [{ key: 'a', value: '1' }], 1, [{ key: 'a', value: '2' }]]);
      assert.deepEqual(await kept(), ['a 2']);
    });

    it('are undone together, with those that were still to come', async () => {
      const ended = Promise.withResolvers<void>();
      const straggler = Promise.withResolvers<unknown>();
      async function inTwoSteps(writer: Writer) {
        await put.run(writer, { key: 'first step', value: '1' });
        await ended.promise;
        const late = put.run(writer, { key: 'second step', value: '1' });
        straggler.resolve(await late.catch((error: unknown) => error));
      }
      const failing = db.write('failing', (writer) =>
        Promise.all([
          inTwoSteps(writer),
          put.run(writer, { key: 'beside', value: '1' }),
          put.run(writer, { key: 'a', value: 'is there' }),
          put.run(writer, { key: 'behind', value: '1' }),
        ]),
      );
      await assert.rejects(failing, /unique/i);
      const others = Array.from({ length: 20 }, (_, place) =>
        db.write('other', (writer) => put.run(writer, { key: `other ${place}`, value: '1' })),
      );
      ended.resolve();
      await Promise.all(others);
      assert.match(String(await straggler.promise), /has ended/);
      assert.deepEqual(
        (await kept()).filter((one) => !one.startsWith('other')),
        ['a 2'],
      );
    });

    it('fail with what has failed, wherever the engine carries out nothing behind that', async () => {
      const outcome = db.write('behind', async (writer) => {
        const [first, behind] = await Promise.allSettled([
          put.run(writer, { key: 'a', value: 'is there' }),
          every.all(writer, {}),
        ]);
        assert.equal(first.status, 'rejected');
        throw behind.status === 'rejected' ? behind.reason : new Error('was carried out');
      });
      await assert.rejects(outcome, engine === 'postgres' ? /unique/i : /was carried out/);
      assert.equal((await kept())[0], 'a 2');
    });

    it('may be the first of it, behind the locks', async () => {
      const [changed] = await db.write('locked', async (writer) => {
        await writer.lock(['some', 'streams']);
        return Promise.all([set.run(writer, { key: 'a', value: '3' }), put.run(writer, { key: 'z', value: '1' })]);
      });
      assert.equal(changed, 1);
      assert.deepEqual([(await kept())[0], (await kept()).at(-1)], ['a 3', 'z 1']);
    });
  });
