import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DatabaseUnavailable, indexName, isLockTimeout, type Writer } from './database.ts';
import { mayRunAgain } from './postgres_errors.ts';
import { attemptOnce, type Parts } from './postgres_transaction.ts';

/** Whoever waits for a lock on a table has everybody wait who comes after him: not for longer than this, and then again. */
const BEGIN = `begin; set local statement_timeout = 0; set local lock_timeout = '2s'`;
const PAUSE_MS = 500;
/** A long transaction, or another server that is about the same, comes to its end by then. */
const PATIENCE_MS = 5 * 60_000;

/** One transaction that changes the schema while others read and write. */
export async function alter(parts: Parts, work: (db: Writer) => Promise<void>): Promise<void> {
  const late = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await attemptOnce(parts, parts.writers, work, { begin: BEGIN });
    } catch (error) {
      if (!isLocked(error) || performance.now() > late) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

const isLocked = (error: unknown): boolean =>
  isLockTimeout(error) || (error instanceof DatabaseUnavailable && isLockTimeout(error.cause));

/** On a connection of its own, which waits as long as it takes; one that was begun and not finished is made anew. */
export async function makeIndex(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, fallback_application_name: 'veza migrate' });
  await client.connect();
  try {
    // Of two that make the same, one may be told of a deadlock, and finds it made.
    while (!(await isMade(client, sql))) await sleep(PAUSE_MS);
  } finally {
    await client.end();
  }
}

async function isMade(client: pg.Client, sql: string): Promise<boolean> {
  const name = indexName(sql);
  const valid = 'select indisvalid from pg_index where indexrelid = to_regclass($1)';
  try {
    const { rows } = await client.query(valid, [name]);
    if (rows[0]?.indisvalid === true) return true;
    // Somebody may be making it just now: then this waits for him, and it is there.
    if (rows.length > 0) await client.query(`reindex index concurrently ${name}`);
    else await client.query(sql.replace('create index', 'create index concurrently'));
    return false;
  } catch (error) {
    if (mayRunAgain(error)) return false;
    throw error;
  }
}
