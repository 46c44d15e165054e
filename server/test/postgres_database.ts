import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import pg from 'pg';

/** The superuser's URL of the PostgreSQL that the run has, undefined when it has none. */
export function postgresUrl(): string | undefined {
  return process.env.VEZA_TEST_POSTGRES_URL || undefined;
}

export interface PostgresDatabase {
  url: string;
  drop(): Promise<void>;
}

/** A database of one's own; with `template`, a copy of that one (to which nobody may be connected then). */
export async function createPostgresDatabase(template?: string): Promise<PostgresDatabase> {
  const server = postgresUrl();
  if (!server) throw new Error('No PostgreSQL in this run: loop over `engines`, which leaves it out then');
  const name = `veza_test_${process.pid}_${randomBytes(6).toString('hex')}`;
  await execute(server, `create database "${name}"${template ? ` template "${template}"` : ''}`);
  if (process.env.VEZA_TEST_RECORD) appendFileSync(process.env.VEZA_TEST_RECORD, `database ${process.argv[1]}\n`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => execute(server, `drop database if exists "${name}" with (force)`) };
}

/** A transaction that has its number and does nothing until it is ended. */
export async function openTransaction(url: string): Promise<{ end(): Promise<void> }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('begin');
  await client.query('select pg_current_xact_id()');
  return { end: () => client.end() };
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
