import type { Row, Writer } from '../database.ts';
import { textOf } from '../statement.ts';
import { TransferRefused } from './refused.ts';

type All = (sql: string) => Promise<Row[]>;

/** Tables that migrations fill: with zeros, which the source's own rows take the place of. */
const SEEDED = ['counters', 'tallies'];
/** Where these are, a server of this kind has made its tables; others have a `schema_migrations` too. */
const MARKS = ['schema_migrations', 'containers', 'counters'];

// What extensions have brought is nobody's data.
const TABLES = `select c.relname as name from pg_class as c where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'f')
  and not exists (select 1 from pg_depend as d where d.objid = c.oid and d.deptype = 'e') order by 1`;

/** Throws where this version's tables cannot be made, or others are already. */
export async function requireUsable(all: All, shown: string): Promise<void> {
  const [{ encoding } = {}] = await all(`select current_setting('server_encoding') as encoding`);
  if (encoding !== 'UTF8')
    throw new TransferRefused('data', `${shown} has the encoding ${encoding}: make one with encoding UTF8`);
  const found = (await all(TABLES)).map(({ name }) => String(name));
  if (found.length > 0 && !MARKS.every((name) => found.includes(name)))
    throw new TransferRefused('data', `${shown} is not empty: there is the table ${found[0]}`);
}

/** Throws where anything is kept in a table, and keeps others from writing there until the transaction ends. */
export async function requireEmpty(db: Writer, shown: string): Promise<void> {
  const names = (await db.all(textOf(TABLES), [])).map(({ name }) => String(name));
  const own = names.filter((name) => name !== 'schema_migrations');
  await db.run(textOf(`lock table ${own.map(quoted).join(', ')} in access exclusive mode`), []);
  for (const name of own) {
    const kept = SEEDED.includes(name) ? ' where value <> 0' : '';
    const rows = await db.all(textOf(`select 1 from ${quoted(name)}${kept} limit 1`), []);
    if (rows.length > 0) throw new TransferRefused('data', `${shown} is not empty: there are rows in ${name}`);
  }
  for (const name of SEEDED) await db.run(textOf(`delete from ${name}`), []);
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** The type of each column, by `table.column`. */
export async function typesOf(all: All): Promise<ReadonlyMap<string, string>> {
  const rows = await all(
    `select table_name || '.' || column_name as name, data_type as type from information_schema.columns where table_schema = current_schema()`,
  );
  return new Map(rows.map(({ name, type }) => [String(name), String(type)]));
}
