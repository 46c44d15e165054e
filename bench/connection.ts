import SqliteConnection from 'better-sqlite3';

export type Connection = SqliteConnection.Database;

/** A connection set up as the server sets up its own (db/sqlite.ts). */
export function connect(path: string, mode: 'read' | 'write'): Connection {
  const connection = new SqliteConnection(path, { readonly: mode === 'read' });
  if (mode === 'write') connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = FULL');
  connection.pragma('foreign_keys = 1');
  connection.pragma('secure_delete = 1');
  connection.pragma('cache_size = -32768');
  connection.pragma('mmap_size = 268435456');
  return connection;
}

/** For data that can be made again: no syncs, no checks. */
export function connectForSeeding(path: string): Connection {
  const connection = new SqliteConnection(path);
  connection.pragma('journal_mode = OFF');
  connection.pragma('synchronous = OFF');
  connection.pragma('foreign_keys = 0');
  connection.pragma('cache_size = -262144');
  return connection;
}
