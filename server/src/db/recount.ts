import type { Reader } from './database.ts';
import { textOf } from './statement.ts';

/** What is kept as a number or a copy, recounted from the rows it stands for. */
export interface Recount {
  /** What the numbers belong to. */
  readonly of: string;
  /** Each is compared with the column `counted_<name>`. */
  readonly names: readonly string[];
  /** Selects `id`, the names and their counted forms; its text must do on both engines. */
  readonly from: string;
}

/** Events are kept for some days; all that happened since then (epoch milliseconds) are there. */
export const forgottenBefore = `coalesce((select cast(value as bigint) from settings where key = 'events_forgotten_before'), 0)`;

export interface Difference {
  readonly what: string;
  /** As the recount calls it. */
  readonly id: string;
  readonly stored: number | string | null;
  readonly counted: number | string | null;
}

/** Rows of one recount; a broken database has more, and nobody needs more to know. */
const MOST_ROWS = 100;

export async function recount(db: Reader, { of, names, from }: Recount): Promise<Difference[]> {
  const differs = names.map((name) => `${name} is distinct from counted_${name}`).join(' or ');
  const rows = await db.all(
    textOf(`select * from (${from}) as recounted where ${differs} order by id limit ${MOST_ROWS}`),
    [],
  );
  return rows.flatMap((row) =>
    names
      .map((name) => ({ what: `${of}.${name}`, stored: row[name], counted: row[`counted_${name}`] }))
      .filter(({ stored, counted }) => stored !== counted)
      .map((found) => ({ ...found, id: String(row.id) }) as Difference),
  );
}
