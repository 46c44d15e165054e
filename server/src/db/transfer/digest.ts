import { createHash } from 'node:crypto';
import { TransferRefused } from './refused.ts';

export type Cells = readonly unknown[];

export interface Digest {
  readonly rows: number;
  readonly checksum: string;
}

/** Counts rows and makes a checksum of them, in their order; what stands in the columns `except` is left out. */
export function createDigest(columns: readonly string[], except: ReadonlySet<string>) {
  const hash = createHash('sha256');
  const isWhole = !columns.some((column) => except.has(column));
  let rows = 0;
  return {
    add: (more: readonly Cells[]): void => {
      for (const cells of more) {
        const told = isWhole ? cells : cells.filter((_, place) => !except.has(columns[place] as string));
        hash.update(`${JSON.stringify(told)}\n`);
      }
      rows += more.length;
    },
    end: (): Digest => ({ rows, checksum: hash.digest('hex') }),
  };
}

/** Throws at what only SQLite stores, naming its row. */
export function requireStorable(
  table: { name: string; columns: readonly string[]; key: readonly string[] },
  row: Cells,
) {
  for (let place = 0; place < row.length; place++) {
    const fault = faultOf(row[place]);
    if (fault === undefined) continue;
    const named = table.key.map((column) => `${column} ${JSON.stringify(row[table.columns.indexOf(column)])}`);
    const where = `${table.name}, the row with ${named.join(', ')}: ${table.columns[place]}`;
    throw new TransferRefused('data', `${where} ${fault}; nothing was changed`);
  }
}

function faultOf(value: unknown): string | undefined {
  if (typeof value === 'string')
    return value.includes('\0') ? 'holds U+0000, which PostgreSQL cannot store' : undefined;
  const isNumber = typeof value === 'number' && !Number.isSafeInteger(value);
  return isNumber ? 'is a number that is not kept exactly' : undefined;
}
