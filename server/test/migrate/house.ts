import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { Database } from '../../src/db/database.ts';
import { openPostgres } from '../../src/db/postgres.ts';
import { openSqlite } from '../../src/db/sqlite.ts';
import { textOf } from '../../src/db/statement.ts';
import { passwordOf } from '../harness/app.ts';
import { movableClock } from '../harness/auth.ts';
import { stateOf } from '../harness/state.ts';
import { createPostgresDatabase } from '../postgres_database.ts';
import { toThisMachine } from '../webhooks/receiver.ts';

/** A data directory, a database to move to, and the servers that run on the one and then on the other. */
export interface House {
  readonly directory: string;
  /** Of the database to move to. */
  readonly url: string;
  readonly clock: ReturnType<typeof movableClock>;
  open(variables?: Readonly<Record<string, string>>): Promise<App>;
  /** What is in the embedded database, and in the other, in a form of which the same rows give the same. */
  contents(which: 'embedded' | 'other'): Promise<string[]>;
  /** A change by hand, while no server runs. */
  alter(sql: string): Promise<void>;
  /** Of the embedded database's file. */
  checksum(): string;
  close(): Promise<void>;
}

export async function openMovingHouse(): Promise<House> {
  const directory = mkdtempSync(join(tmpdir(), 'veza-migrate-'));
  const database = await createPostgresDatabase();
  const clock = movableClock();
  const path = join(directory, 'veza.db');
  const embedded = () => openSqlite({ path, minFreeBytes: 0, onFatal: fail });
  return {
    directory,
    url: database.url,
    clock,
    open: (variables = {}) =>
      createApp(
        readConfig({
          ...{ DATA_DIR: directory, LOG_LEVEL: 'silent', RATE_LIMITS: 'off', MIN_FREE_DISK_BYTES: '0' },
          ...{ ADMIN_PASSWORD: passwordOf('admin'), ACCESS_TOKEN_SECONDS: '86400', ...toThisMachine, ...variables },
        }),
        { now: clock.now, resolve: () => Promise.reject(new Error('No names here')) },
      ),
    contents: (which) => look(which === 'embedded' ? embedded() : openPostgres({ url: database.url }), contentsOf),
    alter: (sql) =>
      look(embedded(), async (db) => void (await db.write('alter', (writer) => writer.run(textOf(sql), [])))),
    checksum: () => createHash('sha256').update(readFileSync(path)).digest('hex'),
    close: async () => {
      await database.drop();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Transactions and migrations are each engine's own. */
async function contentsOf(db: Database): Promise<string[]> {
  const lines = (await stateOf(db)).split('\n').filter((line) => !line.startsWith('schema_migrations'));
  return lines.map((line) => line.replace(/,"xid":"\d+"\}$/, '}'));
}

async function look<T>(db: Database, work: (db: Database) => Promise<T>): Promise<T> {
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

const fail = (error: Error): never => {
  throw error;
};
