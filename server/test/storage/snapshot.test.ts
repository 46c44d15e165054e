import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { DatabaseUnavailable, type Reader } from '../../src/db/database.ts';
import { change, query, textOf } from '../../src/db/statement.ts';
import { engines } from '../engines.ts';
import { openTestDatabase } from './databases.ts';

const put = change((q, p: { key: string }) => q.insertInto('settings').values({ key: p.key, value: '' }));
const keys = query((q) => q.selectFrom('settings').orderBy('key').select('key'));
/** Takes a processor many times longer than five writes take. */
const long = textOf(
  'with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000000) select count(*) as i from n',
);

for (const engine of engines) {
  describe(`a snapshot (${engine})`, async () => {
    const { db, close } = await openTestDatabase(engine);
    after(close);
    const write = (key: string) => db.write('put', (writer) => put.run(writer, { key }));

    it('sees one moment, whatever is written meanwhile', async () => {
      await write('before');
      const seen = await db.snapshot(async (reader) => {
        const first = await keys.all(reader, {});
        await write('meanwhile');
        return [first, await keys.all(reader, {})];
      });
      assert.deepEqual(seen, [[{ key: 'before' }], [{ key: 'before' }]]);
      assert.equal((await keys.all(db.reader, {})).length, 2);
    });

    it('holds up nobody: writes and reads go on while it works', async () => {
      const order: string[] = [];
      const slow = db.snapshot((reader) => reader.all(long, [])).then(() => order.push('snapshot'));
      for (let n = 0; n < 5; n++) {
        await write(`while it works ${n}`);
        await keys.all(db.reader, {});
      }
      order.push('five writes');
      await slow;
      assert.deepEqual(order, ['five writes', 'snapshot']);
    });

    it('passes on what goes wrong in it, and the next one works', async () => {
      const refused = db.snapshot((reader) => reader.all(textOf('select * from nowhere'), []));
      await assert.rejects(refused, /nowhere/);
      const own = new Error('of the work itself');
      await assert.rejects(
        db.snapshot(async () => {
          throw own;
        }),
        own,
      );
      await assert.rejects(
        db.snapshot((reader) =>
          reader.all(textOf(`insert into settings (key, value) values ('x', '') returning key`), []),
        ),
        /read-?only/,
      );
      assert.ok((await db.snapshot((reader) => keys.all(reader, {}))).length > 0);
    });
  });
}

for (const engine of engines) {
  it(`closing ends the snapshots that run and those that wait (${engine})`, async () => {
    const { db, close } = await openTestDatabase(engine);
    let began = () => {};
    const started = new Promise<void>((resolve) => {
      began = resolve;
    });
    const endless = async (reader: Reader) => {
      began();
      for (;;) await reader.all(long, []);
    };
    const ends = Promise.all([1, 2, 3].map(() => assert.rejects(db.snapshot(endless), DatabaseUnavailable)));
    await started;
    await close();
    await ends;
  });
}

describe('the thread of a snapshot (sqlite)', () => {
  it('answers statements sent at once, each its own', async () => {
    const { db, close } = await openTestDatabase('sqlite');
    const answers = await db.snapshot((reader) =>
      Promise.all([1, 2, 3].map((n) => reader.all(textOf(`select ${n} as n`), []))),
    );
    assert.deepEqual(answers, [[{ n: 1 }], [{ n: 2 }], [{ n: 3 }]]);
    await close();
  });
});
