import { createHash } from 'node:crypto';
import type { Database, Dialect, Writer } from '../database.ts';
import { textOf } from '../statement.ts';
import { initial } from './0001_initial.ts';
import type { Migration } from './migration.ts';

const migrations: readonly Migration[] = [initial];

const ledger = `create table if not exists schema_migrations (id bigint primary key, name text not null, checksum text not null, applied_at bigint not null)`;
const applied = textOf('select id, name, checksum from schema_migrations order by id');

/** Brings the schema up to this code's. Refuses a database that a newer version wrote, and one whose past differs. */
export async function migrate(db: Database, now: number, known: readonly Migration[] = migrations): Promise<void> {
  await db.write('migrate', async (writer) => {
    await writer.lock(['migrations']);
    await writer.run(textOf(ledger), []);
    const done = await writer.all(applied, []);
    const newest = known.at(-1)?.id ?? 0;
    const ahead = done.find((row) => Number(row.id) > newest);
    if (ahead)
      throw new Error(
        `The database has migration ${ahead.id} (${ahead.name}), which this version does not know: start a newer version`,
      );
    for (const migration of known) {
      const before = done.find((row) => Number(row.id) === migration.id);
      if (before) refuseDifference(before.checksum, migration, db.dialect);
      else await apply(writer, migration, now);
    }
  });
}

function refuseDifference(checksum: unknown, migration: Migration, dialect: Dialect) {
  if (checksum !== checksumOf(migration, dialect)) {
    throw new Error(
      `Migration ${migration.id} (${migration.name}) was applied with other statements than this version has`,
    );
  }
}

async function apply(writer: Writer, migration: Migration, now: number) {
  for (const sql of migration.sql(writer.dialect)) await writer.run(textOf(sql), []);
  const values = `${migration.id}, '${migration.name}', '${checksumOf(migration, writer.dialect)}', ${now}`;
  await writer.run(textOf(`insert into schema_migrations (id, name, checksum, applied_at) values (${values})`), []);
}

function checksumOf(migration: Migration, dialect: Dialect): string {
  return createHash('sha256').update(migration.sql(dialect).join(';\n')).digest('hex');
}
