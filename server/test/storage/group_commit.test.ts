import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { StorageFull, StuckWrite, type Writer } from '../../src/db/database.ts';
import { change, query } from '../../src/db/statement.ts';
import { engines } from '../engines.ts';
import { openTestDatabase } from './databases.ts';

const put = change((q, p: { key: string; value: string }) =>
  q.insertInto('settings').values({ key: p.key, value: p.value }),
);
const every = query((q) => q.selectFrom('settings').orderBy('key').selectAll());

class Refused extends Error {}

for (const engine of engines) {
  describe(`writes share a commit (${engine})`, async () => {
    const { db, close } = await openTestDatabase(engine);
    after(close);
    const keys = async () => (await every.all(db.reader, {})).map(({ key }) => key);

    it('keeps of 1 000 concurrent writes exactly those that did not fail', async () => {
      const writes = Array.from({ length: 1_000 }, (_, index) =>
        db.write(`write ${index}`, async (writer) => {
          const key = String(index).padStart(4, '0');
          await put.run(writer, { key, value: 'first' });
          if (index % 7 === 0) throw new Refused();
          await put.run(writer, { key: `${key} again`, value: 'second' });
          return index;
        }),
      );
      const results = await Promise.allSettled(writes);
      const expected: string[] = [];
      for (const [index, result] of results.entries()) {
        const key = String(index).padStart(4, '0');
        if (index % 7 === 0) assert.ok(result.status === 'rejected' && result.reason instanceof Refused);
        else assert.deepEqual(result, { status: 'fulfilled', value: index });
        if (index % 7 !== 0) expected.push(key, `${key} again`);
      }
      assert.deepEqual(await keys(), expected);
      const { outcomes, writes: shared, commitSeconds, transactionSeconds } = db.commits;
      // One is the migrations.
      assert.deepEqual([outcomes.committed, outcomes.undone], [857 + 1, 143]);
      // Of those that share a transaction, a refused one does too.
      assert.equal(shared.sum, engine === 'sqlite' ? 1_000 + 1 : 857 + 1);
      const [commits = 0, ...others] = [shared, commitSeconds, transactionSeconds].map(({ counts }) =>
        counts.reduce((sum, count) => sum + count),
      );
      assert.deepEqual(others, [commits, commits]);
      assert.ok(engine === 'sqlite' ? commits < 1_000 / 100 : commits === 857 + 1);
    });

    it('undoes a member whose statement breaks a constraint, and nobody else', async () => {
      const twice = db.write('twice', async (writer) => {
        await put.run(writer, { key: 'twice', value: '1' });
        await put.run(writer, { key: 'twice', value: '2' });
      });
      const [, other] = await Promise.allSettled([
        twice,
        db.write('other', (writer) => put.run(writer, { key: 'other', value: '1' })),
      ]);
      assert.equal(other.status, 'fulfilled');
      const present = await keys();
      assert.ok(present.includes('other') && !present.includes('twice'));
    });

    it('rejects a work that throws before its first call', async () => {
      await assert.rejects(
        db.write('throws', () => {
          throw new Refused();
        }),
        Refused,
      );
    });
  });
}

describe('a SQLite batch fills one turn of the loop', async () => {
  const { db, close } = await openTestDatabase('sqlite');
  after(close);
  const has = async (key: string) => (await every.all(db.reader, {})).some((row) => row.key === key);

  it('refuses by name a member that awaits a timer, undoes it, and goes on with the others', async () => {
    let late: Writer | undefined;
    const slow = db.write('slow member', async (writer) => {
      late = writer;
      await put.run(writer, { key: 'slow', value: '1' });
      await sleep(20);
      await put.run(writer, { key: 'slow later', value: '1' });
    });
    const next = db.write('next', (writer) => put.run(writer, { key: 'next', value: '1' }));
    await assert.rejects(
      slow,
      (error: Error) => error instanceof StuckWrite && error.message.startsWith('slow member:'),
    );
    await next;
    await sleep(40);
    assert.ok(await has('next'));
    assert.ok(!(await has('slow')) && !(await has('slow later')));
    await assert.rejects(late?.run({ name: 'late', sql: 'delete from settings' }, []) ?? Promise.resolve(), StuckWrite);
    assert.ok(await has('next'));
    assert.equal(db.commits.outcomes.stuck, 1);
  });

  it('refuses a write that waits for another write inside it', async () => {
    const outer = db.write('outer', async (writer) => {
      await put.run(writer, { key: 'outer', value: '1' });
      await db.write('inner', (inner) => put.run(inner, { key: 'inner', value: '1' }));
    });
    await assert.rejects(outer, (error: Error) => error instanceof StuckWrite && error.message.startsWith('outer:'));
    assert.ok(!(await has('outer')));
  });

  it('refuses writes after it is closed', async () => {
    const other = await openTestDatabase('sqlite');
    await other.close();
    await assert.rejects(
      other.db.write('late', async () => {}),
      StuckWrite,
    );
  });
});

describe('a full disk', () => {
  it('acknowledges nothing of the batch it strikes, keeps what was acknowledged before, and reads go on', async () => {
    const { db, close } = await openTestDatabase('sqlite', { maxPages: 140 });
    const acknowledged: string[] = [];
    let refused = 0;
    for (let round = 0; round < 40 && refused === 0; round++) {
      const writes = Array.from({ length: 20 }, (_, index) => {
        const key = `${String(round).padStart(2, '0')}-${String(index).padStart(2, '0')}`;
        return db
          .write('fill', (writer) => put.run(writer, { key, value: 'x'.repeat(3_000) }))
          .then(() => acknowledged.push(key));
      });
      const results = await Promise.allSettled(writes);
      const failed = results.filter((result) => result.status === 'rejected');
      for (const { reason } of failed) assert.ok(reason instanceof StorageFull, String(reason));
      assert.ok(failed.length === 0 || failed.length === results.length, 'a batch is acknowledged whole or not at all');
      refused += failed.length;
    }
    assert.ok(refused > 0, 'the disk was filled');
    // One is the migrations.
    assert.deepEqual([db.commits.outcomes.full, db.commits.outcomes.committed], [refused, acknowledged.length + 1]);
    assert.deepEqual(
      (await every.all(db.reader, {})).map(({ key }) => key),
      acknowledged.sort(),
    );
    await close();
  });

  it('is seen before it comes to that: below the watermark writes are refused, reads go on', async () => {
    const { db, close } = await openTestDatabase('sqlite');
    await close();
    assert.equal(db.isFull(), false);
    const { openSqlite } = await import('../../src/db/sqlite.ts');
    const { mkdtempSync, rmSync } = await import('node:fs');
    const directory = mkdtempSync('/tmp/veza-full-');
    const full = openSqlite({
      path: `${directory}/veza.db`,
      minFreeBytes: Number.MAX_SAFE_INTEGER,
      onFatal: assert.fail,
    });
    await assert.rejects(
      full.write('any', async () => {}),
      StorageFull,
    );
    assert.equal(full.isFull(), true);
    await full.ping();
    await full.close();
    rmSync(directory, { recursive: true });
  });
});
