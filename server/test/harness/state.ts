import type { CompiledText, Database } from '../../src/db/database.ts';
import { textOf } from '../../src/db/statement.ts';

/**
 * Every row of every table there is, a line each. When people were last seen is left out: reading changes it; the chain over the
 * audit log, which follows its rows some time later; and what servers say of themselves every now and then.
 */
export async function stateOf(db: Database): Promise<string> {
  const lines: string[] = [];
  for (const table of await tablesOf(db)) {
    const rows = await db.reader.all(textOf(`select * from ${table}`), []);
    const written = rows.map(({ last_seen, ...row }) => `${table} ${JSON.stringify(row)}`);
    lines.push(...written.sort());
  }
  return lines.join('\n');
}

async function tablesOf({ dialect, reader }: Database): Promise<string[]> {
  const catalogue =
    dialect === 'sqlite'
      ? `select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name`
      : `select tablename as name from pg_tables where schemaname = current_schema() order by tablename`;
  const names = (await reader.all(textOf(catalogue), [])).map(({ name }) => name as string);
  return names.filter((name) => !/^(audit_seals|audit_marks|nodes|leases)$/.test(name));
}

/**
 * Differs whenever a row came, went or changed: of each table the number of rows, the sums of its numbers and of the lengths of its texts.
 * A change of a row always changes a number, its version or a time, so that this does for what `stateOf` reads whole; it leaves out the same.
 */
export async function fingerprintOf(db: Database): Promise<string> {
  let text = fingerprints.get(db);
  if (text === undefined) {
    text = textOf(await fingerprintText(db));
    fingerprints.set(db, text);
  }
  const rows = await db.reader.all(text, []);
  // PostgreSQL reads the parts of a union side by side when they are large, and gives them in any order.
  return rows
    .map(({ print }) => print)
    .sort()
    .join('\n');
}

const fingerprints = new WeakMap<Database, CompiledText>();

async function fingerprintText(db: Database): Promise<string> {
  const { dialect, reader } = db;
  const catalogue =
    dialect === 'sqlite'
      ? `select t.name as "table", c.name as "column", c.type from sqlite_schema as t, pragma_table_info(t.name) as c
          where t.type = 'table' and t.name not like 'sqlite_%' order by t.name, c.cid`
      : `select table_name as "table", column_name as "column", data_type as type from information_schema.columns
          where table_schema = current_schema() order by table_name, ordinal_position`;
  const tables = new Map((await tablesOf(db)).map((table): [string, string[]] => [table, []]));
  for (const { table, column, type } of await reader.all(textOf(catalogue), [])) {
    const sums = tables.get(String(table));
    if (!sums || column === 'last_seen') continue;
    const isNumber = /^(integer|bigint)$/i.test(String(type));
    sums.push(`coalesce(sum(${isNumber ? column : `length(cast(${column} as text))`}), 0)`);
  }
  const prints = [...tables].map(
    ([table, sums]) => `select '${table} ' || ${['count(*)', ...sums].join(` || ' ' || `)} as print from ${table}`,
  );
  return prints.join(' union all ');
}
