import type { Reader, Row } from '../database.ts';
import { requireSameVersion } from '../migrations/migrate.ts';
import { type Connection, connect, prepareCache } from '../sqlite_connection.ts';
import type { Cells } from './digest.ts';

export interface SourceTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** The columns of the primary key, in its order. */
  readonly key: readonly string[];
  readonly rows: number;
  /** The highest id that was ever given out, that of a row long gone as well; 0 where none was. */
  readonly lastId: number;
}

export interface Source {
  readonly reader: Reader;
  /** All there are, each after those it refers to. */
  readonly tables: readonly SourceTable[];
  /** The rows of a table in the order of its key, some at a time. */
  batches(table: SourceTable): Iterable<Cells[]>;
  close(): void;
}

const ROWS = 2_000;
const CHARACTERS = 4 * 1024 * 1024;

/** The embedded database, to be read and not changed. Refuses one that this version has not brought up to date. */
export async function openSource(path: string): Promise<Source> {
  const connection = connect(path, true);
  try {
    connection.exec('begin');
    const prepare = prepareCache(connection);
    const reader: Reader = { dialect: 'sqlite', all: async (text, values) => prepare(text).all(...values) };
    await requireSameVersion({ dialect: 'sqlite', reader });
    const tables = inOrder(connection, tableNames(connection)).map((name) => tableOf(connection, name));
    return { reader, tables, batches: (table) => batchesOf(connection, table), close: () => connection.close() };
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Which migrations were applied is each database's own; the tables of a search index are made from the others. */
function tableNames(connection: Connection): string[] {
  const rows = connection.pragma('table_list') as { schema: string; name: string; type: string }[];
  return rows
    .filter(
      ({ schema, type, name }) => schema === 'main' && type === 'table' && !/^(sqlite_|schema_migrations$)/.test(name),
    )
    .map(({ name }) => name)
    .sort();
}

function inOrder(connection: Connection, names: readonly string[]): string[] {
  const done = new Set<string>();
  const visit = (name: string): void => {
    if (done.has(name)) return;
    const referred = connection.pragma(`foreign_key_list(${name})`) as { table: string }[];
    for (const { table } of referred) if (table !== name) visit(table);
    done.add(name);
  };
  for (const name of names) visit(name);
  return [...done];
}

function tableOf(connection: Connection, name: string): SourceTable {
  const columns = connection.pragma(`table_info(${name})`) as { name: string; pk: number }[];
  const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  const highest = columns.some((column) => column.name === 'id') ? `(select max(id) from ${name})` : '0';
  const given = `(select seq from sqlite_sequence where name = '${name}')`;
  const counted = connection
    .prepare<[], Row>(
      `select count(*) as n, max(coalesce(${highest}, 0), coalesce(${given}, 0)) as last_id from ${name}`,
    )
    .get() as { n: number; last_id: number };
  return {
    name,
    columns: columns.map((column) => column.name),
    key: key.map((column) => column.name),
    rows: counted.n,
    lastId: counted.last_id,
  };
}

function* batchesOf(connection: Connection, { name, columns, key }: SourceTable): Iterable<Cells[]> {
  const rows = connection
    .prepare<[], Cells>(`select ${columns.join(', ')} from ${name} order by ${key.join(', ')}`)
    .raw()
    .iterate();
  let batch: Cells[] = [];
  let size = 0;
  for (const row of rows) {
    batch.push(row);
    for (const value of row) if (typeof value === 'string') size += value.length;
    if (batch.length < ROWS && size < CHARACTERS) continue;
    yield batch;
    [batch, size] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}
