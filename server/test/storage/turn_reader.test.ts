import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { change, query } from '../../src/db/statement.ts';
import { engines } from '../engines.ts';
import { openTestDatabase } from './databases.ts';

const put = change((q, p: { key: string; value: string }) =>
  q.insertInto('settings').values({ key: p.key, value: p.value }),
);
const read = query((q, p: { key: string }) => q.selectFrom('settings').where('key', '=', p.key).select('value'));

for (const engine of engines) {
  describe(`reads and the commits between them (${engine})`, async () => {
    const { db, directory, close } = await openTestDatabase(engine);
    after(close);
    const stored = async (key: string) => (await read.first(db.reader, { key }))?.value;

    it('shows a change to whoever is told of it, whatever was read in the same turn before', async () => {
      for (let round = 0; round < 200; round++) {
        const key = `told ${round}`;
        const told = db.write('put', (writer) => put.run(writer, { key, value: 'kept' }));
        // Each microtask and each turn until then reads, so that a view of before is always open.
        let done = false;
        const reading = (async () => {
          while (!done) {
            await stored(key);
            await new Promise(setImmediate);
            await stored(key);
          }
        })();
        await told;
        done = true;
        assert.equal(await stored(key), 'kept');
        await reading;
      }
    });

    it('does not show what is not yet committed', async () => {
      let seen: unknown = 'nothing';
      await db.write('put', async (writer) => {
        await put.run(writer, { key: 'open', value: 'kept' });
        seen = await stored('open');
      });
      assert.equal(seen, undefined);
      assert.equal(await stored('open'), 'kept');
    });

    if (engine === 'sqlite')
      it('lets the log be checkpointed while reads never pause', async () => {
        let done = false;
        const reading = (async () => {
          for (; !done; await new Promise(setImmediate)) await stored('told 0');
        })();
        const value = 'x'.repeat(100_000);
        for (let round = 0; round < 300; round++)
          await db.write('put', (writer) => put.run(writer, { key: `large ${round}`, value }));
        done = true;
        await reading;
        // 30 MB were written; a checkpoint is due at 4 MB.
        assert.ok(statSync(join(directory as string, 'veza.db-wal')).size < 10_000_000);
      });
  });
}
