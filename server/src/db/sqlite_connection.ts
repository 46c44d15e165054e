import SqliteConnection from 'better-sqlite3';
import type { CompiledText, Row } from './database.ts';

export type Connection = SqliteConnection.Database;
export type Prepared = SqliteConnection.Statement<unknown[], Row>;

/** WAL with a sync at every commit, set and read back: the library's default under WAL is NORMAL, which loses acknowledged writes at a power cut. */
export function connect(path: string, readonly: boolean): Connection {
  const connection = new SqliteConnection(path, { readonly });
  connection.pragma('busy_timeout = 5000');
  if (!readonly) connection.pragma('journal_mode = WAL');
  const settings: [string, number][] = [
    ['synchronous', 2],
    ['foreign_keys', 1],
    ['secure_delete', 1],
    ['fullfsync', 1],
    ['checkpoint_fullfsync', 1],
  ];
  for (const [name, wanted] of settings) {
    connection.pragma(`${name} = ${wanted}`);
    const kept = connection.pragma(name, { simple: true });
    if (kept !== wanted) throw new Error(`SQLite kept ${name} = ${kept} where ${wanted} was asked for`);
  }
  connection.pragma('cache_size = -32768');
  connection.pragma('mmap_size = 268435456');
  const mode = connection.pragma('journal_mode', { simple: true });
  if (mode !== 'wal') throw new Error(`SQLite kept journal_mode = ${mode} where wal was asked for`);
  return connection;
}

export function prepareCache(connection: Connection): (text: CompiledText) => Prepared {
  const kept = new Map<string, Prepared>();
  return ({ name, sql }) => {
    const known = name === undefined ? undefined : kept.get(name);
    if (known) return known;
    const prepared = connection.prepare<unknown[], Row>(sql);
    if (name !== undefined) kept.set(name, prepared);
    return prepared;
  };
}
