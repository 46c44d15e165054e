import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import pg from 'pg';
import { engines } from './engines.ts';
import { createPostgresDatabase } from './postgres_database.ts';

async function query<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

for (const engine of engines.filter((engine) => engine === 'postgres')) {
  describe(engine, () => {
    test('two databases keep apart, and dropping one, connections and all, leaves the other', async () => {
      const [one, two] = await Promise.all([createPostgresDatabase(), createPostgresDatabase()]);
      await query(one.url, 'create table t (id int)');
      assert.deepEqual(await query(two.url, `select to_regclass('t') as t`), [{ t: null }]);
      const open = new pg.Client({ connectionString: one.url });
      open.on('error', () => undefined);
      await open.connect();
      await one.drop();
      await assert.rejects(query(one.url, 'select 1'), { code: '3D000' });
      assert.deepEqual(await query(two.url, 'select 1 as x'), [{ x: 1 }]);
      await two.drop();
    });

    test('a database made from a template has its tables', async () => {
      const template = await createPostgresDatabase();
      await query(template.url, 'create table t (id int)');
      const copy = await createPostgresDatabase(new URL(template.url).pathname.slice(1));
      assert.deepEqual(await query(copy.url, 'select count(*)::int as n from t'), [{ n: 0 }]);
      await copy.drop();
      await template.drop();
    });

    test('case is folded beyond ASCII', async () => {
      const database = await createPostgresDatabase();
      assert.deepEqual(await query(database.url, `select lower('ÉLODIE') as name`), [{ name: 'élodie' }]);
      await database.drop();
    });
  });
}
