import { type Histogram, histogramOf, observe } from '../metrics/histogram.ts';
import { DatabaseUnavailable, StorageFull, StuckWrite } from './database.ts';

export type WriteOutcome = 'committed' | 'undone' | 'full' | 'unavailable' | 'stuck' | 'failed';

/** How changes have gone since the database was opened. */
export interface CommitCounts {
  readonly outcomes: Record<WriteOutcome, number>;
  /** Changes that shared a commit. */
  readonly writes: Histogram;
  readonly commitSeconds: Histogram;
  readonly transactionSeconds: Histogram;
}

export function createCommitCounts(): CommitCounts {
  return {
    outcomes: { committed: 0, undone: 0, full: 0, unavailable: 0, stuck: 0, failed: 0 },
    writes: histogramOf('veza_database_commit_writes'),
    commitSeconds: histogramOf('veza_database_commit_duration_seconds'),
    transactionSeconds: histogramOf('veza_database_transaction_duration_seconds'),
  };
}

/** Of a transaction that was begun and then committed at these times, in monotonic milliseconds. */
export function countCommit(counts: CommitCounts, writes: number, begunAt: number, committingAt: number): void {
  const now = performance.now();
  observe(counts.writes, writes);
  observe(counts.commitSeconds, (now - committingAt) / 1_000);
  observe(counts.transactionSeconds, (now - begunAt) / 1_000);
}

/** Why changes were not kept; `otherwise` where the error does not say. */
export function countFailed(counts: CommitCounts, writes: number, error: unknown, otherwise: WriteOutcome): void {
  counts.outcomes[causeOf(error) ?? otherwise] += writes;
}

function causeOf(error: unknown): WriteOutcome | undefined {
  if (error instanceof StorageFull) return 'full';
  if (error instanceof DatabaseUnavailable) return 'unavailable';
  return error instanceof StuckWrite ? 'stuck' : undefined;
}
