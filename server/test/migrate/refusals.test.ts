import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { lockDataDirectory } from '../../src/db/data_lock.ts';
import { migrate } from '../../src/db/migrations/migrate.ts';
import { openPostgres } from '../../src/db/postgres.ts';
import { engines } from '../engines.ts';
import { createPostgresDatabase } from '../postgres_database.ts';
import { type House, openMovingHouse } from './house.ts';
import { migrateTo, runVeza } from './run_migrate.ts';

const PASSWORD = 'a-secret-word';

/** Runs statements, each by itself, and resolves with the rows of the last. */
async function onPostgres(url: string, ...texts: string[]): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: unknown[] = [];
    for (const text of texts) rows = (await client.query(text)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

const tablesOf = (url: string) =>
  onPostgres(url, `select tablename from pg_tables where schemaname = 'public' order by 1`);

function withParts(url: string, parts: Partial<Record<'username' | 'password' | 'pathname' | 'port', string>>): string {
  return Object.assign(new URL(url), parts).href;
}

for (const engine of engines.filter((engine) => engine === 'postgres'))
  describe(`what is refused of a move from SQLite (${engine})`, async () => {
    const house: House = await openMovingHouse();
    after(house.close);
    const role = `veza_mover_${process.pid}`;
    let checksum: string;

    before(async () => {
      await (await house.open()).close();
      checksum = house.checksum();
      await onPostgres(house.url, `create role ${role} login password '${PASSWORD}'`);
    });
    after(() => onPostgres(withParts(house.url, { pathname: '/postgres' }), `drop role ${role}`));

    /** One line, no password, and everything as it was. */
    const refused = async (url: string, code: number, says: RegExp, variables: Record<string, string> = {}) => {
      const ended = await migrateTo(house.directory, url, variables);
      assert.equal(ended.code, code, ended.err);
      assert.match(ended.err, says);
      assert.equal(ended.err.trim().split('\n').length, 1, ended.err);
      for (const secret of [PASSWORD, new URL(house.url).password])
        assert.ok(!(ended.out + ended.err).includes(secret));
      assert.equal(house.checksum(), checksum);
      assert.ok(!existsSync(join(house.directory, 'moved-to-postgresql.txt')));
    };

    for (const [text, says] of [
      ['mysql://somebody@localhost/chat', /has to be an address/],
      ['localhost/chat', /has to be an address/],
      [`postgres://somebody:${PASSWORD}@[bad/chat`, /has to be an address/],
      [`postgres://somebody:12/${PASSWORD}@localhost/chat`, /percent-encoded/],
      [`postgres://somebody:1#${PASSWORD}@localhost/chat`, /percent-encoded/],
      ['postgres://somebody@localhost', /name of the database/],
    ] as const)
      it(`refuses ${text.replace(PASSWORD, '…')}`, () => refused(text, 64, says));

    it('wants to know where to', async () => {
      const { code, err } = await runVeza(house.directory, ['migrate']);
      assert.equal(code, 64);
      assert.match(err, /--to/);
    });

    it('says who does not answer, whose password is wrong, and what does not exist', async () => {
      await refused(withParts(house.url, { port: '1' }), 69, /does not answer as it should \(.*ECONNREFUSED/);
      await refused(withParts(house.url, { password: 'wrong-word' }), 77, /the user or the password is wrong/);
      await refused(withParts(house.url, { password: '' }), 77, /the user or the password is wrong/);
      await refused(
        withParts(house.url, { pathname: '/not_there' }),
        69,
        /not_there does not exist: make the database/,
      );
      await refused(withParts(house.url, { username: role, password: PASSWORD }), 77, /does not allow this user/);
    });

    it('takes UTF8 alone', async () => {
      const name = `veza_latin_${process.pid}`;
      const server = withParts(house.url, { pathname: '/postgres' });
      const made = `create database ${name} encoding 'LATIN1' template template0 lc_collate 'C' lc_ctype 'C'`;
      await onPostgres(server, made);
      await refused(withParts(house.url, { pathname: `/${name}` }), 65, /has the encoding LATIN1/);
      await onPostgres(server, `drop database ${name}`);
    });

    it('takes an empty database alone, and leaves the other as it was', async () => {
      await onPostgres(house.url, 'create table theirs (id int)', 'insert into theirs values (1)');
      await refused(house.url, 65, /is not empty: there is the table theirs/);
      assert.deepEqual(await onPostgres(house.url, 'select * from theirs'), [{ id: 1 }]);
      assert.deepEqual(await tablesOf(house.url), [{ tablename: 'theirs' }]);
      await onPostgres(house.url, 'drop table theirs');
      const lived = await createPostgresDatabase();
      const elsewhere = join(house.directory, 'elsewhere');
      await (await house.open({ DATA_DIR: elsewhere, DATABASE_URL: lived.url })).close();
      // A server on PostgreSQL beside the embedded database would write over what is that one's.
      const beside = /is that of a server on SQLite: move it with veza migrate --to/;
      await assert.rejects(house.open({ DATABASE_URL: lived.url }), beside);
      const verified = await runVeza(house.directory, ['audit', 'verify'], { DATABASE_URL: lived.url });
      assert.match(verified.err, beside);
      rmSync(elsewhere, { recursive: true });
      await refused(lived.url, 65, /is not empty: there are rows in \w+$/m);
      assert.deepEqual(await onPostgres(lived.url, 'select count(*)::int as n from users'), [{ n: 1 }]);
      await lived.drop();
    });

    it('takes tables of another version no more than rows', async () => {
      const newer = await createPostgresDatabase();
      const db = openPostgres({ url: newer.url });
      await migrate(db, Date.now());
      await db.close();
      await onPostgres(newer.url, `insert into schema_migrations values (9999, 'later', 'x', 1)`);
      await refused(newer.url, 65, /has migration 9999 \(later\), which this version does not know/);
      await newer.drop();
    });

    it('is refused while a server runs, or where DATABASE_URL or nothing says what to move', async () => {
      const giveBack = lockDataDirectory(house.directory);
      const running = await migrateTo(house.directory, house.url);
      giveBack();
      assert.equal(running.code, 75);
      assert.match(running.err, /a server runs on this data directory/);
      await refused(house.url, 64, /DATABASE_URL is set/, { DATABASE_URL: house.url });
      const empty = mkdtempSync(join(tmpdir(), 'veza-empty-'));
      const nothing = await migrateTo(empty, house.url);
      assert.equal(nothing.code, 69);
      assert.match(nothing.err, /There is no database at/);
      rmSync(empty, { recursive: true });
    });

    it('names the row that PostgreSQL cannot store', async () => {
      await house.alter(`update users set status_message = 'a' || char(0) where id = 1`);
      checksum = house.checksum();
      await refused(house.url, 65, /users, the row with id 1: status_message holds U\+0000/);
      assert.deepEqual(await tablesOf(house.url), []);
      await house.alter(`update users set status_message = null where id = 1`);
      checksum = house.checksum();
    });

    it('is not fooled by rows that change or are lost on the way', async () => {
      const tampering = async (statements: string, says: RegExp) => {
        const database = await createPostgresDatabase();
        const db = openPostgres({ url: database.url });
        await migrate(db, Date.now());
        await db.close();
        const body = `create function tamper() returns trigger language plpgsql as $$ begin ${statements} end $$`;
        await onPostgres(
          database.url,
          body,
          'create trigger t before insert on rooms for each row execute function tamper()',
        );
        await refused(database.url, 65, says);
        assert.deepEqual(await onPostgres(database.url, 'select count(*)::int as n from users'), [{ n: 0 }]);
        await database.drop();
      };
      await tampering(
        `new.topic := 'x'; return new;`,
        /^veza: rooms: the rows at the target are not those that were read/,
      );
      await tampering('return null;', /^veza: rooms: 1 rows were read, and 0 are at the target/);
    });

    it('wants the data as this version has them', async () => {
      await house.alter('delete from schema_migrations where id > 10');
      checksum = house.checksum();
      await refused(house.url, 69, /older than this version: start the server once/);
    });

    it('takes tables that a server has made and not used, and a password from PGPASSWORD', async () => {
      const other = await openMovingHouse();
      await (await other.open()).close();
      const db = openPostgres({ url: other.url });
      await migrate(db, Date.now());
      await db.close();
      const { password } = new URL(other.url);
      mkdirSync(join(other.directory, 'files'), { recursive: true });
      const ended = await migrateTo(other.directory, withParts(other.url, { password: '' }), { PGPASSWORD: password });
      assert.deepEqual([ended.code, ended.err], [0, '']);
      assert.deepEqual(await other.contents('other'), await other.contents('embedded'));
      await other.close();
    });
  });
