import type pg from 'pg';
import { type CommitCounts, countCommit, countFailed } from './commit_counts.ts';
import type { Writer } from './database.ts';
import { isOldPlan, mayRunAgain, translated } from './postgres_errors.ts';
import { LIMITS_OF_TRANSACTION, type Pool } from './postgres_pool.ts';
import { writerOf } from './postgres_statements.ts';

const ATTEMPTS = 4;

/** The pools, and what is said to a connection. */
export interface Parts {
  readonly writers: Pool;
  readonly readers: Pool;
  readonly isPooled: boolean;
  /** Raises where the database is known to be gone: nobody waits for it. */
  readonly requireUp: () => void;
}

export async function transaction<T>(parts: Parts, work: (db: Writer) => Promise<T>, counts: CommitCounts): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      const result = await attemptOnce(parts, parts.writers, work, { counts });
      counts.outcomes.committed++;
      return result;
    } catch (error) {
      if (attempt < ATTEMPTS && mayRunAgain(error)) continue;
      countFailed(counts, 1, error, 'undone');
      throw error;
    }
  }
}

interface Around {
  readonly begin?: string;
  /** Holds the connection meanwhile. */
  readonly running?: Set<pg.PoolClient>;
  readonly counts?: CommitCounts;
}

export async function attemptOnce<T>(
  { isPooled, requireUp }: Parts,
  pool: Pool,
  work: (db: Writer) => Promise<T>,
  { begin = isPooled ? `begin; ${LIMITS_OF_TRANSACTION}` : 'begin', running, counts }: Around,
): Promise<T> {
  requireUp();
  const client = await pool.lend();
  running?.add(client);
  let broken: Error | undefined;
  let isOpen = true;
  try {
    const begunAt = performance.now();
    const begun = translated(client.query(begin));
    // Work that fails by itself does not ask.
    begun.catch(() => {});
    const result = await work(writerOf(client, { isPooled, begun, isOpen: () => isOpen }));
    await begun;
    isOpen = false;
    const committingAt = performance.now();
    const { command } = await translated(client.query('commit'));
    // What it answers where a statement has failed before, and nobody has said so.
    if (command !== 'COMMIT') throw new Error('The transaction was rolled back by the database');
    if (counts) countCommit(counts, 1, begunAt, committingAt);
    return result;
  } catch (error) {
    isOpen = false;
    if (isOldPlan(error)) broken = error as Error;
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    running?.delete(client);
    client.release(broken);
  }
}
