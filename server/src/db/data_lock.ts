import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import SqliteConnection from 'better-sqlite3';

/** Another process owns the data directory. */
class DataDirectoryInUse extends Error {
  override readonly name = 'DataDirectoryInUse';
}

/**
 * Makes the data directory (0700) and owns it until the process ends, however it ends: the lock is the operating system's, held
 * through an exclusive transaction on a file of its own. Returns what gives it back.
 */
export function lockDataDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'lock.db');
  const lock = new SqliteConnection(path, { timeout: 0 });
  try {
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
    throw new DataDirectoryInUse(`The data directory ${directory} is in use by another running server`);
  }
  chmodSync(path, 0o600);
  return () => {
    lock.exec('rollback');
    lock.close();
  };
}
