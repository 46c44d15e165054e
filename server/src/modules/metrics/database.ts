import { statfs } from 'node:fs/promises';
import type { Deps } from '../../context.ts';
import { type Sample, sample } from '../../metrics/sample.ts';
import { counters } from '../statistics/store.ts';

export async function measureDatabase({ db, messages }: Deps): Promise<Sample[]> {
  const { outcomes, writes, commitSeconds, transactionSeconds } = db.commits;
  const isUp = await db.ping().then(
    () => true,
    () => false,
  );
  return [
    sample('veza_database_up', isUp ? 1 : 0),
    ...Object.entries(outcomes).map(([outcome, count]) => sample('veza_database_writes_total', count, { outcome })),
    sample('veza_database_commit_writes', writes),
    sample('veza_database_commit_duration_seconds', commitSeconds),
    sample('veza_database_transaction_duration_seconds', transactionSeconds),
    sample('veza_message_batch_messages', messages.sends.batches),
    sample('veza_message_cache_bytes', messages.fragments.bytesKept()),
  ];
}

export async function measureStorage({ config, db }: Deps): Promise<Sample[]> {
  const { bavail, bsize } = await statfs(config.DATA_DIR);
  const kept = new Map((await counters.all(db.reader, {})).map(({ name, value }) => [name, value]));
  return [
    sample('veza_disk_free_bytes', bavail * bsize),
    sample('veza_storage_full', db.isFull() ? 1 : 0),
    sample('veza_database_size_bytes', await db.size()),
    sample('veza_files', kept.get('files') ?? 0),
    sample('veza_files_bytes', kept.get('file_bytes') ?? 0),
  ];
}
