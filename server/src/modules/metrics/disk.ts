import { statfs } from 'node:fs/promises';
import type { Deps } from '../../context.ts';
import { type Sample, sample } from '../../metrics/sample.ts';

export async function measureDisk({ config, db, files }: Deps): Promise<Sample[]> {
  const { bavail, bsize } = await statfs(config.DATA_DIR);
  return [
    sample('veza_disk_free_bytes', bavail * bsize),
    sample('veza_storage_full', db.isFull() ? 1 : 0),
    sample('veza_files_up', files.blobs.isDown() ? 0 : 1),
  ];
}
