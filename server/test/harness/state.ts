import type { Database } from '../../src/db/database.ts';
import { textOf } from '../../src/db/statement.ts';

/**
 * Every row of every table there is, a line each. When people were last seen is left out: reading changes it; and the chain over the
 * audit log, which follows its rows some time later.
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
  return names.filter((name) => !/^audit_(seals|marks)$/.test(name));
}
