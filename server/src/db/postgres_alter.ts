import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { CommitCounts } from './commit_counts.ts';
import { DatabaseUnavailable, indexName, isLockTimeout, type Writer } from './database.ts';
import { mayRunAgain } from './postgres_errors.ts';
import { attemptOnce, type Parts } from './postgres_transaction.ts';

/** Whoever waits for a lock on a table has everybody wait who comes after him: not for longer than this, and then again. */
const BEGIN = `begin; set local statement_timeout = 0; set local lock_timeout = '2s'`;
const PAUSE_MS = 500;
/** A long transaction, or another server that is about the same, comes to its end by then. */
const PATIENCE_MS = 5 * 60_000;

/** One transaction that changes the schema while others read and write. */
export async function alter(parts: Parts, work: (db: Writer) => Promise<void>, counts: CommitCounts): Promise<void> {
  const late = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      await attemptOnce(parts, parts.writers, work, { begin: BEGIN, counts });
      counts.outcomes.committed++;
      return;
    } catch (error) {
      const isPassing = isLocked(error) || mayRunAgain(error);
      if (!isPassing || performance.now() > late) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

const isLocked = (error: unknown): boolean =>
  isLockTimeout(error) || (error instanceof DatabaseUnavailable && isLockTimeout(error.cause));

/** On a connection of its own, which waits as long as it takes; one that was begun and not finished is made anew. */
export async function makeIndex(url: string, sql: string): Promise<void> {
  // Nothing is said on it for as long as an index takes.
  const client = new pg.Client({ connectionString: url, keepAlive: true, fallback_application_name: 'veza migrate' });
  // One that dies fails the statement; without a listener it would end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    if ((await stateOf(client, indexName(sql))) === 'made') return;
    const [, table = ''] = / on (\w+)/.exec(sql) ?? [];
    const partitions = await partitionsOf(client, table);
    if (partitions === undefined) await untilMade(client, indexName(sql), sql);
    else await makeOnPartitions(client, sql, table, partitions);
  } finally {
    await client.end();
  }
}

interface Partition {
  readonly schema: string;
  readonly name: string;
}

/** Undefined where the table is not partitioned. */
async function partitionsOf(client: pg.Client, table: string): Promise<readonly Partition[] | undefined> {
  const kind = `select 1 from pg_class where oid = to_regclass($1) and relkind = 'p'`;
  if ((await client.query(kind, [table])).rows.length === 0) return undefined;
  const all = `select quote_ident(n.nspname) as schema, c.relname as name from pg_inherits as i inner join pg_class as c on c.oid = i.inhrelid
    inner join pg_namespace as n on n.oid = c.relnamespace where i.inhparent = to_regclass($1) order by c.relname`;
  return (await client.query<Partition>(all, [table])).rows;
}

/** A partitioned table takes none while others write: each partition does by itself, and its index becomes a part of the whole one. */
async function makeOnPartitions(client: pg.Client, sql: string, table: string, partitions: readonly Partition[]) {
  const whole = indexName(sql);
  await client.query(sql.replace(` on ${table}`, ` on only ${table}`));
  for (const { schema, name } of partitions) {
    const part = `"${name}_${whole}"`;
    const own = sql.replace(` ${whole} on ${table}`, ` ${part} on ${schema}."${name}"`);
    await untilMade(client, `${schema}.${part}`, own);
    await client.query(`alter index ${whole} attach partition ${schema}.${part}`);
  }
}

/** Of two that make the same, one may be told of a deadlock, and finds it made. */
async function untilMade(client: pg.Client, name: string, sql: string): Promise<void> {
  while (!(await isMade(client, name, sql))) await sleep(PAUSE_MS);
}

async function stateOf(client: pg.Client, name: string): Promise<'made' | 'begun' | undefined> {
  const { rows } = await client.query('select indisvalid from pg_index where indexrelid = to_regclass($1)', [name]);
  if (rows.length === 0) return undefined;
  return rows[0].indisvalid ? 'made' : 'begun';
}

async function isMade(client: pg.Client, name: string, sql: string): Promise<boolean> {
  try {
    const state = await stateOf(client, name);
    if (state === 'made') return true;
    // Somebody may be making it just now: then this waits for him, and it is there.
    if (state === 'begun') await client.query(`reindex index concurrently ${name}`);
    else await client.query(sql.replace('create index', 'create index concurrently'));
    return false;
  } catch (error) {
    if (mayRunAgain(error)) return false;
    throw error;
  }
}
