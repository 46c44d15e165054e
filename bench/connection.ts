import SqliteConnection from 'better-sqlite3';

export type Connection = SqliteConnection.Database;

/** For data that can be made again: no syncs, no checks. */
export function connectForSeeding(path: string): Connection {
  const connection = new SqliteConnection(path);
  connection.pragma('journal_mode = OFF');
  connection.pragma('synchronous = OFF');
  connection.pragma('foreign_keys = 0');
  connection.pragma('cache_size = -262144');
  return connection;
}
