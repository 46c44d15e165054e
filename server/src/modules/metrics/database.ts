import { setTimeout as sleep } from 'node:timers/promises';
import type { Deps } from '../../context.ts';
import { readHorizonAge } from '../../log/read.ts';
import { type Sample, sample } from '../../metrics/sample.ts';
import { counters } from '../statistics/store.ts';

/** What has not answered by then is as good as gone. */
const PATIENCE_MS = 1_000;

export function measureWrites({ db, messages }: Deps): Sample[] {
  const { outcomes, writes, commitSeconds, transactionSeconds } = db.commits;
  return [
    ...Object.entries(outcomes).map(([outcome, count]) => sample('veza_database_writes_total', count, { outcome })),
    sample('veza_database_commit_writes', writes),
    sample('veza_database_commit_duration_seconds', commitSeconds),
    sample('veza_database_transaction_duration_seconds', transactionSeconds),
    sample('veza_message_batch_messages', messages.sends.batches),
    sample('veza_message_cache_bytes', messages.fragments.bytesKept()),
  ];
}

export async function measureDatabase({ db }: Pick<Deps, 'db'>): Promise<Sample[]> {
  const answers = db.ping().then(
    () => 1,
    () => 0,
  );
  return [sample('veza_database_up', await Promise.race([answers, sleep(PATIENCE_MS, 0, { ref: false })]))];
}

export async function measureStored({ db }: Deps): Promise<Sample[]> {
  const kept = new Map((await counters.all(db.reader, {})).map(({ name, value }) => [name, value]));
  return [
    sample('veza_database_size_bytes', await db.size()),
    sample('veza_database_horizon_seconds', await readHorizonAge(db.reader)),
    sample('veza_files', kept.get('files') ?? 0),
    sample('veza_files_bytes', kept.get('file_bytes') ?? 0),
  ];
}
