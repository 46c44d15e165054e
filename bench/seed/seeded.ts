import { createHash } from 'node:crypto';
import { constants, copyFileSync, existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from '../../server/src/db/migrations/migrate.ts';
import { openSqlite } from '../../server/src/db/sqlite.ts';
import { connectForSeeding } from '../connection.ts';
import { fill } from './fill.ts';
import type { Shape } from './shape.ts';

const cache = join(import.meta.dirname, '../../.cache/bench');

/** Puts a database of this shape into the directory. It is made once and kept for later runs, until the schema or the filling changes. */
export async function seed(directory: string, shape: Shape): Promise<string> {
  const kept = join(cache, `${shape.rooms}x${shape.messages}-${shape.joined}-${identity()}.db`);
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
  for (const file of ['fill.ts', 'shape.ts']) hash.update(readFileSync(join(import.meta.dirname, file)));
  return hash.digest('hex').slice(0, 12);
}

async function make(path: string, shape: Shape) {
  mkdirSync(cache, { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  const db = openSqlite({
    path: unfinished,
    minFreeBytes: 0,
    onFatal: (error) => {
      throw error;
    },
  });
  await migrate(db, Date.now());
  await db.close();
  const connection = connectForSeeding(unfinished);
  fill(connection, shape);
  connection.close();
  for (const rest of ['-wal', '-shm']) rmSync(unfinished + rest, { force: true });
  renameSync(unfinished, path);
}
