import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Database, Row } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrations/migrate.ts';
import type { Migration } from '../../src/db/migrations/migration.ts';
import { textOf } from '../../src/db/statement.ts';
import { engines } from '../engines.ts';
import { openTestDatabase } from './databases.ts';

const first: Migration = { id: 1, name: 'first', sql: () => ['create table things (id bigint primary key)'] };
const second: Migration = { id: 2, name: 'second', sql: () => ['alter table things add column name text'] };
const broken: Migration = {
  id: 3,
  name: 'broken',
  sql: () => ['create table half (id bigint)', 'insert into nowhere values (1)'],
};

const read = (db: Database, sql: string): Promise<Row[]> => db.reader.all(textOf(sql), []);
const ledger = (db: Database) => read(db, 'select id, name, checksum, applied_at from schema_migrations order by id');

for (const engine of engines) {
  describe(`migrations (${engine})`, async () => {
    const { db, close } = await openTestDatabase(engine, { unmigrated: true });
    after(close);

    it('brings an empty database up, and a second time changes nothing', async () => {
      await migrate(db, 1_000, [first]);
      await migrate(db, 2_000, [first]);
      await migrate(db, 3_000, [first, second]);
      const done = await ledger(db);
      assert.deepEqual(
        done.map(({ id, name, applied_at }) => ({ id, name, applied_at })),
        [
          { id: 1, name: 'first', applied_at: 1_000 },
          { id: 2, name: 'second', applied_at: 3_000 },
        ],
      );
      await migrate(db, 4_000, [first, second]);
      assert.deepEqual(await ledger(db), done);
      assert.deepEqual(await read(db, 'select id, name from things'), []);
    });

    it('keeps nothing of one that fails in the middle', async () => {
      const done = await ledger(db);
      await assert.rejects(migrate(db, 5_000, [first, second, broken]), /nowhere/);
      assert.deepEqual(await ledger(db), done);
      await assert.rejects(read(db, 'select * from half'), /half/);
    });

    it('works with what a newer version has added, and names it', async () => {
      const done = await ledger(db);
      assert.deepEqual(await migrate(db, 5_000, [first]), ['second']);
      assert.deepEqual(await ledger(db), done);
    });

    it('refuses a database from which a newer version has taken something away, and says so', async () => {
      const fresh = await openTestDatabase(engine, { unmigrated: true });
      const third: Migration = {
        id: 3,
        name: 'third',
        sql: () => ['alter table things drop column name'],
        contractsSince: 2,
      };
      await migrate(fresh.db, 5_000, [first, second]);
      await migrate(fresh.db, 5_000, [first, second, third]);
      const done = await ledger(fresh.db);
      await assert.rejects(migrate(fresh.db, 6_000, [first]), {
        message:
          'The database has migration 3 (third, takes what 2 made needless), which this version does not know: start a newer version',
      });
      // It knows what has made it needless.
      assert.deepEqual(await migrate(fresh.db, 6_000, [first, second]), ['third, takes what 2 made needless']);
      assert.deepEqual(await migrate(fresh.db, 6_000, [first, second, third]), []);
      assert.deepEqual(await ledger(fresh.db), done);
      await fresh.close();
    });

    it('refuses a past that differs from its own', async () => {
      const altered = { ...first, sql: () => ['create table things (id bigint primary key, more text)'] };
      await assert.rejects(migrate(db, 5_000, [altered, second]), {
        message: 'Migration 1 (first) was applied with other statements than this version has',
      });
    });

    it('lets two nodes that start at once apply each migration once', async () => {
      const fresh = await openTestDatabase(engine, { unmigrated: true });
      await Promise.all([migrate(fresh.db, 1_000, [first, second]), migrate(fresh.db, 2_000, [first, second])]);
      assert.equal((await ledger(fresh.db)).length, 2);
      await fresh.close();
    });
  });
}

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly nullable: boolean;
}

const inSqlite = `select t.name as "table", c.name as "column", lower(c.type) as type, c."notnull" = 0 and c.pk = 0 as nullable
  from sqlite_schema as t, pragma_table_info(t.name) as c where t.type = 'table' and t.name not like 'sqlite_%'`;
const inPostgres = `select table_name as "table", column_name as "column", data_type as type, case is_nullable when 'YES' then 1 else 0 end as nullable
  from information_schema.columns where table_schema = 'public'`;
const indexesIn = {
  sqlite: `select name from sqlite_schema where type = 'index' and name not like 'sqlite_%' order by name`,
  postgres: `select indexname as name from pg_indexes where schemaname = 'public' and indexname !~ '_(pkey|key)$' order by indexname`,
};
/** Where an engine stores more than the other, and why. */
const postgresAlone = {
  // The order of commits, which the single writer of SQLite gives by itself, and what other processes look for.
  columns: ['events.xid', 'audit_log.xid'],
  indexes: ['events_in_order', 'audit_log_in_order', 'events_acting'],
};
// Names are searched by reading an index of them; PostgreSQL reads the table as fast.
const sqliteAlone = ['rooms_by_name'];
const sameType: Record<string, string> = { bigint: 'integer', xid8: 'xid8' };

async function columnsOf(db: Database): Promise<Column[]> {
  const rows = await read(db, db.dialect === 'sqlite' ? inSqlite : inPostgres);
  const columns = rows.map(({ table, column, type, nullable }) => ({
    table: String(table),
    column: String(column),
    type: sameType[String(type)] ?? String(type),
    nullable: nullable === 1,
  }));
  return columns.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

const nameOf = ({ table, column }: Column) => `${table}.${column}`;

for (const _ of engines.filter((engine) => engine === 'postgres')) {
  describe('the schemas of both engines', () => {
    it('have the same tables, columns and indexes', async () => {
      const sqlite = await openTestDatabase('sqlite');
      const postgres = await openTestDatabase('postgres');
      const columns = await columnsOf(postgres.db);
      assert.deepEqual(
        columns.filter((column) => !postgresAlone.columns.includes(nameOf(column))),
        (await columnsOf(sqlite.db)).filter(({ table }) => table !== 'sqlite_sequence'),
      );
      assert.ok(columns.length > 100, 'the columns were found');
      const names = async (db: Database) => (await read(db, indexesIn[db.dialect])).map(({ name }) => String(name));
      const indexes = (await names(postgres.db)).filter((name) => !postgresAlone.indexes.includes(name));
      assert.deepEqual(
        indexes,
        (await names(sqlite.db)).filter((name) => !sqliteAlone.includes(name)),
      );
      await Promise.all([sqlite.close(), postgres.close()]);
    });
  });
}

describe('what SQLite is told to do', () => {
  it('is what it does, on every connection: a sync at every commit, and nothing deleted stays readable', async () => {
    const { db, close } = await openTestDatabase('sqlite');
    const wanted = {
      journal_mode: 'wal',
      synchronous: 2,
      foreign_keys: 1,
      secure_delete: 1,
      fullfsync: 1,
      checkpoint_fullfsync: 1,
    };
    const kept = async (all: Database['reader']['all']) => {
      const found: Row = {};
      for (const name of Object.keys(wanted)) Object.assign(found, (await all(textOf(`pragma ${name}`), []))[0]);
      return found;
    };
    assert.deepEqual(await kept(db.reader.all), wanted);
    assert.deepEqual(await db.write('pragmas', (writer) => kept(writer.all)), wanted);
    assert.deepEqual(await db.snapshot((reader) => kept(reader.all)), wanted);
    await close();
  });
});
