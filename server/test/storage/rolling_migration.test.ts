import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrate, migrations } from '../../src/db/migrations/migrate.ts';
import type { Migration } from '../../src/db/migrations/migration.ts';
import { openPostgres } from '../../src/db/postgres.ts';
import { textOf } from '../../src/db/statement.ts';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import { openTransaction } from '../postgres_database.ts';

/** As a next version might have it: a table, a column, what is in it already, and an index of the largest table. */
const next: Migration = {
  id: (migrations.at(-1)?.id ?? 0) + 1,
  name: 'next',
  sql: () => [
    'create table polls (id bigint primary key)',
    'alter table messages add column language text',
    `update messages set language = 'en' where language is null`,
  ],
  indexes: () => ['create index if not exists messages_by_language on messages (container_id, language)'],
};

for (const engine of engines.filter((one) => one === 'postgres'))
  describe(`a new version brings the database up to date while the old one serves (${engine})`, () => {
    let app: TestApp;
    let room: number;
    before(async () => {
      app = await createTestApp(engine);
      room = (await app.admin.post('/rooms', { name: 'Busy' }, 201)).id;
    });
    after(() => app.close());

    /** Somebody who sends without a pause; resolves with the longest he waited. */
    function sender() {
      let isOver = false;
      let [sent, longest] = [0, 0];
      const run = async () => {
        while (!isOver) {
          const begun = performance.now();
          await app.admin.post(`/rooms/${room}/messages`, { content: `${sent++}` }, 201);
          longest = Math.max(longest, performance.now() - begun);
        }
        return { sent, longest };
      };
      const running = run();
      return () => {
        isOver = true;
        return running;
      };
    }

    test('beside a long transaction, by two that start at once; nothing that is sent fails', async (t) => {
      const url = app.deps.config.DATABASE_URL as string;
      const known = [...migrations, next];
      const two = [openPostgres({ url, connections: 2 }), openPostgres({ url, connections: 2 })];
      const stop = sender();
      const long = await openTransaction(url);
      const done = Promise.all(two.map((db) => migrate(db, Date.now(), known)));
      await sleep(1_000);
      await long.end();
      await done;
      const { sent, longest } = await stop();
      t.diagnostic(`${sent} were sent meanwhile; one waited for ${Math.round(longest)} ms`);
      assert.ok(sent > 10);
      const valid = textOf(`select indisvalid from pg_index where indexrelid = to_regclass('messages_by_language')`);
      assert.deepEqual(await app.deps.db.reader.all(valid, []), [{ indisvalid: true }]);
      const ledger = textOf(`select count(*) as n from schema_migrations where id = ${next.id}`);
      assert.deepEqual(await app.deps.db.reader.all(ledger, []), [{ n: 1 }]);
      // The old version goes on with what it knows.
      const { id } = await app.admin.post(`/rooms/${room}/messages`, { content: 'after' }, 201);
      assert.equal((await app.admin.get(`/messages/${id}`, 200)).content, 'after');
      await Promise.all(two.map((db) => db.close()));
    });

    test('an index that was begun and not finished is made anew', async () => {
      const url = app.deps.config.DATABASE_URL as string;
      const db = openPostgres({ url, connections: 2 });
      await app.deps.db.write('test', (writer) =>
        writer.run(
          textOf(`update pg_index set indisvalid = false where indexrelid = to_regclass('messages_by_language')`),
          [],
        ),
      );
      await migrate(db, Date.now(), [...migrations, next]);
      const valid = textOf(`select indisvalid from pg_index where indexrelid = to_regclass('messages_by_language')`);
      assert.deepEqual(await app.deps.db.reader.all(valid, []), [{ indisvalid: true }]);
      await db.close();
    });

    test('a statement that was prepared before a table got another column works after it, in a transaction, too', async () => {
      const whole = textOf('select * from leases');
      const { db } = app.deps;
      const read = () => Promise.all(Array.from({ length: 12 }, () => db.reader.all(whole, [])));
      const write = () => Promise.all(Array.from({ length: 12 }, () => db.write('test', (w) => w.all(whole, []))));
      await read();
      await write();
      await db.write('test', (writer) => writer.run(textOf('alter table leases add column since bigint'), []));
      for (const row of [...(await read()), ...(await write())].flat()) assert.equal(row.since, null);
    });

    test('who waits for a lock gives way to those behind him, and has it when it is free', async () => {
      const url = app.deps.config.DATABASE_URL as string;
      const db = openPostgres({ url, connections: 2 });
      const after: Migration = {
        id: next.id + 1,
        name: 'after',
        sql: () => ['alter table messages add column mood text'],
      };
      const reading = openPostgres({ url, connections: 1 });
      const held = Promise.withResolvers<void>();
      const holding = reading.snapshot(async (reader) => {
        await reader.all(textOf('select count(*) from messages'), []);
        await held.promise;
      });
      await sleep(100);
      const done = migrate(db, Date.now(), [...migrations, next, after]);
      const stop = sender();
      await sleep(3_500);
      held.resolve();
      await holding;
      await done;
      const { longest } = await stop();
      // The lock is asked for two seconds at a time: with a writer behind it waiting for no longer than that, and some.
      assert.ok(longest < 4_500, `${longest} ms`);
      await Promise.all([db.close(), reading.close()]);
    });
  });

/** Whether a server that does not know of it may fail on what a statement leaves. */
function narrows(statement: string): boolean {
  const takes = /\bdrop (table|column|index|default)|\brename\b|\balter column\b[^,]*\btype\b/i;
  const demands =
    /\bset not null\b|\badd (constraint|check|unique|primary|foreign)\b|\bunique index\b|\bcreate (or replace )?trigger\b/i;
  const added = statement.match(/\badd column [^,]*/gi) ?? [];
  const isNeeded = (column: string) => /\bnot null\b/i.test(column) && !/\bdefault\b/i.test(column);
  return takes.test(statement) || demands.test(statement) || added.some(isNeeded);
}

describe('migrations', () => {
  test('what takes something away, or demands what was not there, is known by its words', () => {
    for (const bold of [
      'alter table things drop column name',
      'drop index things_by_name',
      'alter table things rename to objects',
      'alter table things alter column size type text',
      'alter table things alter column size set not null',
      'alter table things add column mood text, add column size bigint not null',
      'alter table things add constraint positive check (size > 0)',
      'create unique index if not exists things_by_name on things (name)',
      'create trigger things_seen before insert on things execute function see()',
    ])
      assert.ok(narrows(bold), bold);
    for (const mild of [
      'create table objects (id bigint primary key, name text not null)',
      'alter table things add column mood text, add column size bigint not null default 0',
      'create index if not exists things_by_size on things (size) where size is not null',
      'alter table things alter column size drop not null',
    ])
      assert.ok(!narrows(mild), mild);
  });

  test('since there are nodes, none does so unless it says since when nobody minds', () => {
    const bold = migrations.filter(({ id, sql, indexes, contractsSince }) => {
      const statements = [...sql('postgres'), ...(indexes?.('postgres') ?? [])];
      return id >= 12 && contractsSince === undefined && statements.some(narrows);
    });
    assert.deepEqual(
      bold.map(({ name }) => name),
      [],
    );
  });
});
