import { createHash } from 'node:crypto';
import { constants, copyFileSync, existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '../../server/src/db/database.ts';
import { migrate } from '../../server/src/db/migrations/migrate.ts';
import { openSqlite } from '../../server/src/db/sqlite.ts';
import { connectForSeeding } from '../connection.ts';
import { fill } from './fill.ts';
import { fillHistory, settleHistory } from './fill_history.ts';
import type { Shape } from './shape.ts';

const cache = join(import.meta.dirname, '../../.cache/bench');

/** Puts a database of this shape into the directory. It is made once and kept for later runs, until the schema or the filling changes. */
export async function seed(directory: string, shape: Shape): Promise<string> {
  const { rooms, messages, joined, history } = shape;
  const past = history ? `-${history.days}d${history.authors}` : '';
  const kept = join(cache, `${rooms}x${messages}-${joined}${past}-${identity()}.db`);
  if (!existsSync(kept)) await make(kept, shape);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'veza.db');
  copyFileSync(kept, path, constants.COPYFILE_FICLONE);
  return path;
}

function identity(): string {
  const hash = createHash('sha256');
  const migrations = globSync(join(import.meta.dirname, '../../server/src/db/migrations/*.ts')).sort();
  for (const file of migrations) hash.update(readFileSync(file));
  for (const file of ['fill.ts', 'fill_history.ts', 'shape.ts'])
    hash.update(readFileSync(join(import.meta.dirname, file)));
  return hash.digest('hex').slice(0, 12);
}

async function make(path: string, shape: Shape) {
  mkdirSync(cache, { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  await withDatabase(unfinished, async (db) => void (await migrate(db, Date.now())));
  const connection = connectForSeeding(unfinished);
  fill(connection, shape);
  if (shape.history) fillHistory(connection, shape.history);
  connection.close();
  if (shape.history) await withDatabase(unfinished, settleHistory);
  for (const rest of ['-wal', '-shm']) rmSync(unfinished + rest, { force: true });
  renameSync(unfinished, path);
}

async function withDatabase(path: string, work: (db: Database) => Promise<void>) {
  const db = openSqlite({
    path,
    minFreeBytes: 0,
    onFatal: (error) => {
      throw error;
    },
  });
  await work(db);
  await db.close();
}
