import type { Blobs } from '../adapters/blobs/blobs.ts';
import { carryBlob } from '../adapters/blobs/carry.ts';
import type { BlobRow } from '../db/tables_of_files.ts';
import type { Change } from '../db/transfer/transfer.ts';
import type { Terminal } from './terminal.ts';

/** Lost files that are named; of a storage that is gone there may be any number. */
const MOST_LINES = 100;

export interface CarriedFiles {
  /** Carries the bytes of each row, which then names them as the other storage does. */
  readonly change: Change;
  readonly counts: { carried: number; lost: number };
}

/** What is not there, or not as it was, is named and keeps its row: such a file stays as lost as it is. */
export function carryFiles(from: Blobs, to: Blobs, { warn }: Pick<Terminal, 'warn'>): CarriedFiles {
  const counts = { carried: 0, lost: 0 };
  const of = async (row: Readonly<Record<string, unknown>>) => {
    const { id, name, sha256, size } = row as unknown as BlobRow & { id: number };
    const carried = await carryBlob(from, to, { name, sha256, size });
    if ('name' in carried) {
      counts.carried++;
      return { name: carried.name };
    }
    if (++counts.lost <= MOST_LINES)
      warn(`veza: the bytes ${name} (blob ${id}) are ${carried.lost}, and were left out`);
    return {};
  };
  return { change: { columns: ['name'], of }, counts };
}
