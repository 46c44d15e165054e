import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrations/migrate.ts';
import { openPostgres } from '../../src/db/postgres.ts';
import { openSqlite, type SqliteOptions } from '../../src/db/sqlite.ts';
import type { Engine } from '../engines.ts';
import { createPostgresDatabase } from '../postgres_database.ts';

export interface TestDatabase {
  readonly db: Database;
  /** SQLite's folder. */
  readonly directory: string | undefined;
  close(): Promise<void>;
}

const fail = (error: Error): never => {
  throw error;
};

interface TestOptions extends Partial<SqliteOptions> {
  readonly unmigrated?: boolean;
}

/** An empty database of one's own, migrated unless that is what is tested. */
export async function openTestDatabase(
  engine: Engine,
  { unmigrated = false, ...options }: TestOptions = {},
): Promise<TestDatabase> {
  if (engine === 'postgres') {
    const database = await createPostgresDatabase();
    const db = openPostgres({ url: database.url });
    if (!unmigrated) await migrate(db, Date.now());
    return { db, directory: undefined, close: () => db.close().then(database.drop) };
  }
  const directory = mkdtempSync(join(tmpdir(), 'veza-'));
  const db = openSqlite({ path: join(directory, 'veza.db'), minFreeBytes: 0, onFatal: fail, ...options });
  if (!unmigrated) await migrate(db, Date.now());
  return { db, directory, close: () => db.close().then(() => rmSync(directory, { recursive: true })) };
}
