import pg from 'pg';
import type { CompiledText, Writer } from '../database.ts';
import { bringUpToDate, requireSameVersion } from '../migrations/migrate.ts';

import { INT8 } from '../postgres_pool.ts';
import { writerOf } from '../postgres_statements.ts';
import type { TargetAddress } from './address.ts';
import type { Cells } from './digest.ts';
import { TransferRefused } from './refused.ts';
import type { SourceTable } from './source.ts';
import { commitLost, refusalOf } from './target_faults.ts';
import { requireEmpty, requireUsable, typesOf } from './target_schema.ts';

/** A database that is being filled, in one transaction: until `commit` resolves nothing of it is there. */
export interface Target {
  readonly shown: string;
  /** The transaction's own id. */
  readonly xid: string;
  insert(table: SourceTable, rows: readonly Cells[]): Promise<void>;
  /** The rows of a table as they are there now, in the order of its key, some at a time. */
  batches(table: SourceTable): AsyncIterable<Cells[]>;
  /** Lets the next id follow the last one that was ever given out, and looks at the rows to plan with. */
  finish(table: SourceTable): Promise<void>;
  commit(): Promise<void>;
  /** Rolls back what was not committed. */
  close(): Promise<void>;
}

const ROWS = 2_000;
const BEGIN = [
  'begin',
  'set local statement_timeout = 0',
  'set local idle_in_transaction_session_timeout = 0',
  `set local lock_timeout = '5s'`,
  // What was moved is on stable storage before the old database is left.
  'set local synchronous_commit = on',
];

/** Connects, refuses what is not empty, and brings it to this version's schema. */
export async function openTarget(address: TargetAddress, now: number): Promise<Target> {
  const client = await connected(address);
  const guarded = guard(client, address);
  try {
    for (const sql of BEGIN) await guarded.query(sql);
    await requireUsable(guarded.all, address.shown);
    const upToDate = bringUpToDate(guarded.writer, now).then(() =>
      requireSameVersion({ dialect: 'postgres', reader: guarded.writer }),
    );
    await upToDate.catch((error: Error) => {
      if (error instanceof TransferRefused) throw error;
      throw new TransferRefused('data', `${address.shown}: ${error.message}`, error);
    });
    await requireEmpty(guarded.writer, address.shown);
    const types = await typesOf(guarded.all);
    const [found] = await guarded.all('select pg_current_xact_id()::text as xid');
    return {
      shown: address.shown,
      xid: String(found?.xid),
      insert: (table, rows) => insert(guarded, types, table, rows),
      batches: (table) => batchesOf(guarded, types, table),
      finish: (table) => finish(guarded, table),
      commit: () => commit(client, address),
      close: () => client.end().catch(() => undefined),
    };
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

async function commit(client: pg.Client, { shown }: TargetAddress): Promise<void> {
  await client.query('commit').catch((error: unknown) => {
    throw commitLost(error, shown);
  });
}

async function connected(address: TargetAddress): Promise<pg.Client> {
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8, Number);
  const client = new pg.Client({
    connectionString: address.url,
    types,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // One that dies fails the next statement; without a listener it would end the process.
  client.on('error', () => {});
  await client.connect().catch((error: unknown) => {
    // Where it was we who had no password, the server would wait a minute for it.
    client.end().catch(() => undefined);
    throw refusalOf(error, address.shown);
  });
  return client;
}

type Guarded = ReturnType<typeof guard>;

/** The connection, whose refusals say what to do about them. */
function guard(client: pg.Client, { shown }: TargetAddress) {
  const refuse = (error: unknown): never => {
    throw refusalOf(error, shown);
  };
  const bare = writerOf(client, { isPooled: false, begun: Promise.resolve(), isOpen: () => true });
  const writer: Writer = {
    ...bare,
    all: (text: CompiledText, values) => bare.all(text, values).catch(refuse),
    run: (text: CompiledText, values) => bare.run(text, values).catch(refuse),
    lock: (streams) => bare.lock(streams).catch(refuse),
  };
  return {
    writer,
    query: async (sql: string, values: unknown[] = []) => void (await client.query(sql, values).catch(refuse)),
    all: (sql: string, values: unknown[] = []) => writer.all({ name: undefined, sql }, values),
    cells: async (text: string) => (await client.query<unknown[]>({ text, rowMode: 'array' }).catch(refuse)).rows,
  };
}

type Types = ReadonlyMap<string, string>;

async function insert({ query }: Guarded, types: Types, { name, columns }: SourceTable, rows: readonly Cells[]) {
  const arrays = columns.map((column, place) => `$${place + 1}::${typeOf(types, name, column)}[]`);
  const text = `insert into ${name} (${columns.join(', ')}) select * from unnest(${arrays.join(', ')})`;
  await query(
    text,
    columns.map((_, place) => rows.map((row) => row[place])),
  );
}

function typeOf(types: Types, table: string, column: string): string {
  const type = types.get(`${table}.${column}`);
  if (type === undefined) throw new Error(`The tables of PostgreSQL have no ${table}.${column}`);
  return type;
}

async function* batchesOf({ query, cells }: Guarded, types: Types, { name, columns, key }: SourceTable) {
  // By bytes, as the source gives them, whatever the database sorts by.
  const order = key.map((column) => (typeOf(types, name, column) === 'text' ? `${column} collate "C"` : column));
  await query(
    `declare rows_of_table no scroll cursor for select ${columns.join(', ')} from ${name} order by ${order.join(', ')}`,
  );
  for (;;) {
    const rows = await cells(`fetch ${ROWS} from rows_of_table`);
    if (rows.length === 0) break;
    yield rows;
  }
  await query('close rows_of_table');
}

async function finish({ query, all }: Guarded, { name, lastId }: SourceTable): Promise<void> {
  const given = await all(
    `select 1 from information_schema.columns where table_schema = current_schema() and table_name = $1 and is_identity = 'YES'`,
    [name],
  );
  // Unlike `setval` this is undone with the transaction.
  if (given.length > 0) await query(`alter table ${name} alter column id restart with ${lastId + 1}`);
  await query(`analyze ${name}`);
}
