import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import SqliteConnection from 'better-sqlite3';
import { makeDirectory } from '../directory.ts';

/** The data directory cannot be had; the message says why, and what to do. */
class DataDirectoryRefused extends Error {
  override readonly name = 'DataDirectoryRefused';
}

/** The embedded database. */
export const DATABASE_FILE = 'veza.db';

/** Stands in a data directory whose data are elsewhere now. */
const MOVED = 'moved-to-postgresql.txt';

/**
 * Makes the data directory (0700) and owns it until the process ends, however it ends: the lock is the operating system's, held
 * through an exclusive transaction on a file of its own. Returns what gives it back.
 */
export function lockDataDirectory(directory: string): () => void {
  const place = resolve(directory);
  let lock: SqliteConnection.Database | undefined;
  try {
    makeDirectory(place);
    const path = join(place, 'lock.db');
    lock = new SqliteConnection(path, { timeout: 0 });
    lock.exec('begin exclusive');
    chmodSync(path, 0o600);
  } catch (error) {
    lock?.close();
    throw new DataDirectoryRefused(`The data directory ${place} ${reasonOf(error)}`, { cause: error });
  }
  const held = lock;
  const giveBack = () => {
    held.exec('rollback');
    held.close();
  };
  try {
    requireNotMoved(place);
  } catch (error) {
    giveBack();
    throw error;
  }
  return giveBack;
}

/** Refuses a data directory whose data are in PostgreSQL now. */
export function requireNotMoved(directory: string): void {
  const place = resolve(directory);
  const moved = join(place, MOVED);
  if (!existsSync(moved)) return;
  throw new DataDirectoryRefused(
    `The data of ${place} were moved to PostgreSQL: set DATABASE_URL. To go on with the old ones, and without what was written since, remove ${moved}`,
  );
}

/** Refuses a server on PostgreSQL the data directory of one on SQLite, whose files and whose end of the audit log are its own. */
export function requireNoEmbedded(directory: string): void {
  const place = resolve(directory);
  if (!existsSync(join(place, DATABASE_FILE)) || existsSync(join(place, MOVED))) return;
  throw new DataDirectoryRefused(
    `The data directory ${place} is that of a server on SQLite: move it with veza migrate --to, or set DATA_DIR to another folder`,
  );
}

/** Keeps every later process from taking the old data for the living ones; returns the file that does. */
export function markMoved(directory: string, text: string): string {
  const path = join(resolve(directory), MOVED);
  writeFileSync(path, text, { mode: 0o600, flush: true });
  return path;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'SQLITE_BUSY')
    return 'is in use by another running server: stop that one, or set DATA_DIR to another folder';
  return `cannot be made or written (${message}): set DATA_DIR to a folder that this user may write to`;
}
