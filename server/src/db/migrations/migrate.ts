import { createHash } from 'node:crypto';
import type { Database, Dialect, Reader, Row, Writer } from '../database.ts';
import { textOf } from '../statement.ts';
import { initial } from './0001_initial.ts';
import { statistics } from './0002_statistics.ts';
import { reactions } from './0003_reactions.ts';
import { auditSeals } from './0004_audit_seals.ts';
import { webhooks } from './0005_webhooks.ts';
import { files } from './0006_files.ts';
import { deliveryTraces } from './0007_delivery_traces.ts';
import { failedDeliveries } from './0008_failed_deliveries.ts';
import { deliverySubjects } from './0009_delivery_subjects.ts';
import { eventReaders } from './0010_event_readers.ts';
import { webhookSecretsAndReplays } from './0011_webhook_secrets_and_replays.ts';
import { nodes } from './0012_nodes.ts';
import { byRoom } from './0013_by_room.ts';
import type { Migration } from './migration.ts';

export const migrations: readonly Migration[] = [
  initial,
  statistics,
  reactions,
  auditSeals,
  webhooks,
  files,
  deliveryTraces,
  failedDeliveries,
  deliverySubjects,
  eventReaders,
  webhookSecretsAndReplays,
  nodes,
  byRoom,
];

/** How the name of a migration that takes something away ends in the database: a version that does not know it reads there whether it uses that. */
const CONTRACTS = /, takes what (\d+) made needless$/;

const ledger = `create table if not exists schema_migrations (id bigint primary key, name text not null, checksum text not null, applied_at bigint not null)`;
const applied = textOf('select id, name, checksum from schema_migrations order by id');

/**
 * Brings the schema up to this code's. One that is there already is only read: a server has to start on a full disk too. Resolves
 * with the names of what a newer version has added, which does not keep this one from starting.
 */
export async function migrate(db: Database, now: number, known: readonly Migration[] = migrations): Promise<string[]> {
  const found = await appliedIn(db.reader);
  if (missingOf(found, known, db.dialect).length > 0) await db.alter((writer) => bringUpToDate(writer, now, known));
  // Each time: whoever began with them may not have come to the end.
  for (const sql of indexesOf(known, db.dialect)) await db.index(sql);
  return newerIn(await appliedIn(db.reader), known).map(({ name }) => String(name));
}

/** The same, in the caller's transaction; on an empty database with all indexes. */
export async function bringUpToDate(
  writer: Writer,
  now: number,
  known: readonly Migration[] = migrations,
): Promise<void> {
  await writer.lock(['migrations']);
  await writer.run(textOf(ledger), []);
  const done = await writer.all(applied, []);
  for (const migration of missingOf(done, known, writer.dialect)) await apply(writer, migration, now);
  if (done.length === 0) for (const sql of indexesOf(known, writer.dialect)) await writer.run(textOf(sql), []);
}

const indexesOf = (known: readonly Migration[], dialect: Dialect): string[] =>
  known.flatMap(({ indexes }) => indexes?.(dialect) ?? []);

/** An empty database has no such table. */
async function appliedIn(reader: Reader): Promise<Row[]> {
  return reader.all(applied, []).catch((error: Error & { code?: string }) => {
    // As PostgreSQL numbers it, and as SQLite says it.
    if (error.code === '42P01' || error.message.startsWith('no such table')) return [];
    throw error;
  });
}

/** Throws when the schema is not one this code works with, without changing it. */
export async function requireMigrated(db: Pick<Database, 'dialect' | 'reader'>): Promise<void> {
  requireNothingMissing(await appliedIn(db.reader), db.dialect);
}

/** Throws when the schema has more than this code knows, or less: whoever copies a database must not leave anything behind. */
export async function requireSameVersion(db: Pick<Database, 'dialect' | 'reader'>): Promise<void> {
  const done = await appliedIn(db.reader);
  requireNothingMissing(done, db.dialect);
  const [newer] = newerIn(done, migrations);
  if (newer) throw unknown(newer);
}

function requireNothingMissing(done: readonly Row[], dialect: Dialect): void {
  if (missingOf(done, migrations, dialect).length > 0)
    throw new Error('The database is older than this version: start the server once, which brings it up to date');
}

const newestOf = (known: readonly Migration[]): number => known.at(-1)?.id ?? 0;

/** What a newer version has applied. */
const newerIn = (done: readonly Row[], known: readonly Migration[]): Row[] =>
  done.filter((row) => Number(row.id) > newestOf(known));

/** Throws where a newer version has taken away what this one uses. */
function refuseTaken(done: readonly Row[], known: readonly Migration[]): void {
  const taken = newerIn(done, known).find(
    (row) => Number(CONTRACTS.exec(String(row.name))?.[1] ?? 0) > newestOf(known),
  );
  if (taken) throw unknown(taken);
}

function unknown({ id, name }: Row): Error {
  return new Error(
    `The database has migration ${id} (${name}), which this version does not know: start a newer version`,
  );
}

/** What is still to be applied. Refuses a database that a newer version wrote and this one cannot use, and one whose past differs. */
function missingOf(done: readonly Row[], known: readonly Migration[], dialect: Dialect): Migration[] {
  refuseTaken(done, known);
  return known.filter((migration) => {
    const before = done.find((row) => Number(row.id) === migration.id);
    if (before && before.checksum !== checksumOf(migration, dialect))
      throw new Error(
        `Migration ${migration.id} (${migration.name}) was applied with other statements than this version has`,
      );
    return !before;
  });
}

async function apply(writer: Writer, migration: Migration, now: number) {
  for (const sql of migration.sql(writer.dialect)) await writer.run(textOf(sql), []);
  const values = `${migration.id}, '${writtenName(migration)}', '${checksumOf(migration, writer.dialect)}', ${now}`;
  await writer.run(textOf(`insert into schema_migrations (id, name, checksum, applied_at) values (${values})`), []);
}

const writtenName = ({ name, contractsSince }: Migration) =>
  contractsSince === undefined ? name : `${name}, takes what ${contractsSince} made needless`;

function checksumOf(migration: Migration, dialect: Dialect): string {
  const texts = [...migration.sql(dialect), ...(migration.indexes?.(dialect) ?? [])];
  return createHash('sha256').update(texts.join(';\n')).digest('hex');
}
