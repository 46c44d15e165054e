import { type Cells, createDigest, type Digest, requireStorable } from './digest.ts';
import { TransferRefused } from './refused.ts';
import type { Source, SourceTable } from './source.ts';
import type { Target } from './target.ts';

/** What of a table is to be otherwise at the target; the checksum leaves these columns out. */
export interface Change {
  readonly columns: readonly string[];
  /** Rows by the names of their columns; the answer is laid over them. */
  of(row: Readonly<Record<string, unknown>>, xid: string): Promise<Readonly<Record<string, unknown>>>;
}

export interface Moved {
  readonly table: string;
  readonly rows: number;
  readonly ms: number;
}

export interface Watch {
  /** Aborted when somebody wants an end. */
  readonly signal: AbortSignal;
  /** Some more rows of a table are there. */
  onRows(table: string, rows: number, of: number): void;
  onMoved(moved: Moved): void;
}

/** How many rows are changed at a time. */
const AT_ONCE = 8;

/**
 * Copies every table within the target's transaction, reads it back and compares it with what was read, row by row. Throws when
 * anything differs; the caller then leaves the transaction, and nothing was changed.
 */
export async function transferAll(
  source: Source,
  target: Target,
  changes: Readonly<Record<string, Change>>,
  watch: Watch,
): Promise<void> {
  for (const table of source.tables) {
    const begun = performance.now();
    const change = changes[table.name];
    const except = new Set(change?.columns);
    const read = await copy(source, target, table, { change, except, watch });
    const written = await readBack(target, table, except, watch);
    if (read.rows !== written.rows || read.checksum !== written.checksum)
      throw new TransferRefused('data', differs(table.name, read, written));
    await target.finish(table);
    watch.onMoved({ table: table.name, rows: read.rows, ms: performance.now() - begun });
  }
}

interface Copying {
  readonly change: Change | undefined;
  readonly except: ReadonlySet<string>;
  readonly watch: Watch;
}

async function copy(source: Source, target: Target, table: SourceTable, { change, except, watch }: Copying) {
  const digest = createDigest(table.columns, except);
  let done = 0;
  let inserting: Promise<void> = Promise.resolve();
  for (const rows of source.batches(table)) {
    requireGoingOn(watch.signal);
    for (const row of rows) requireStorable(table, row);
    digest.add(rows);
    const going = (more: number) => {
      requireGoingOn(watch.signal);
      watch.onRows(table.name, done + more, table.rows);
    };
    const changed = change ? await changedRows(table, rows, (row) => change.of(row, target.xid), going) : rows;
    // While the target takes one batch, the next is read.
    await inserting;
    inserting = target.insert(table, changed);
    inserting.catch(() => undefined);
    done += rows.length;
    watch.onRows(table.name, done, table.rows);
  }
  await inserting;
  return digest.end();
}

async function readBack(target: Target, table: SourceTable, except: ReadonlySet<string>, watch: Watch) {
  const digest = createDigest(table.columns, except);
  for await (const rows of target.batches(table)) {
    requireGoingOn(watch.signal);
    digest.add(rows);
  }
  return digest.end();
}

async function changedRows(
  { columns }: SourceTable,
  rows: readonly Cells[],
  changeOf: (row: Readonly<Record<string, unknown>>) => ReturnType<Change['of']>,
  going: (done: number) => void,
) {
  const changed: Cells[] = [];
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    going(from);
    const some = rows.slice(from, from + AT_ONCE).map(async (cells) => {
      const row = Object.fromEntries(columns.map((column, place) => [column, cells[place]]));
      const fresh = { ...row, ...(await changeOf(row)) };
      return columns.map((column) => fresh[column]);
    });
    changed.push(...(await Promise.all(some)));
  }
  return changed;
}

function requireGoingOn(signal: AbortSignal): void {
  if (signal.aborted) throw new TransferRefused('interrupted', 'interrupted; nothing was changed');
}

function differs(table: string, read: Digest, written: Digest): string {
  const what =
    read.rows === written.rows
      ? `the rows at the target are not those that were read (${read.checksum}, ${written.checksum})`
      : `${read.rows} rows were read, and ${written.rows} are at the target`;
  return `${table}: ${what}; nothing was changed`;
}
