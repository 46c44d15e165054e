import { Readable } from 'node:stream';
import type { Blobs } from '../adapters/blobs/blobs.ts';
import { carryBlob } from '../adapters/blobs/carry.ts';
import type { BlobRow } from '../db/tables_of_files.ts';
import type { Change } from '../db/transfer/transfer.ts';
import type { Terminal } from './terminal.ts';

/** Files that are named of those that are lost, or are left behind; there may be any number. */
const MOST_LINES = 100;
/** How many are taken away at a time. */
const AT_ONCE = 8;

/** What becomes of the bytes of files in a move. */
export interface FilesOfMove {
  /** Of the rows that name them; undefined where they stay. */
  readonly change: Change | undefined;
  /** What is said of them once all is moved. */
  told(): string;
  /** Takes away what was carried, where the move is not made. */
  undo(): Promise<void>;
}

export const filesThatStay = (where: string): FilesOfMove => ({
  change: undefined,
  told: () => `stay in ${where}.`,
  undo: async () => {},
});

interface Places {
  readonly from: Blobs;
  /** Where those of the disk are, for people. */
  readonly directory: string;
  readonly to: Blobs;
}

/**
 * Carries the bytes of each row, which then names them as the other storage does. What is not there, or not as it was, is named and
 * keeps its row: such a file stays as lost as it is. Rejects where the other storage takes nothing.
 */
export async function carryFiles({ from, directory, to }: Places, { warn }: Terminal): Promise<FilesOfMove> {
  await requireWritable(to);
  const counts = { there: 0, lost: 0 };
  const carried: string[] = [];
  const running = new Set<Promise<unknown>>();

  async function carry({ id, name, sha256, size }: BlobRow & { id: number }) {
    const become = await carryBlob(from, to, { name, sha256, size });
    if ('name' in become) {
      carried.push(become.name);
      return { name: become.name };
    }
    if (become.lost === 'missing' && (await to.has(name))) counts.there++;
    else if (++counts.lost <= MOST_LINES)
      warn(`veza: the bytes ${name} (blob ${id}) are ${become.lost}, and were left out`);
    return {};
  }

  const of: Change['of'] = (row) => {
    const work = carry(row as unknown as BlobRow & { id: number });
    running.add(work);
    return work.finally(() => running.delete(work));
  };
  return {
    change: { columns: ['name'], of },
    told: () => toldOf({ ...counts, carried: carried.length }, directory),
    undo: async () => {
      // Others are still under way when one has failed.
      await Promise.allSettled(running);
      tellLeft(await removeAll(to, carried), warn);
    },
  };
}

/** Keeps something and takes it away again: what the keys do not allow shows before anything is moved. */
async function requireWritable(to: Blobs): Promise<void> {
  const draft = await to.receive(Readable.from([Buffer.from('veza')]));
  await to.remove(await draft.keep());
}

/** Resolves with those that are still there: a storage that does not answer is not asked for each. */
async function removeAll(to: Blobs, names: readonly string[]): Promise<readonly string[]> {
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const some = names.slice(from, from + AT_ONCE).map((name) => to.remove(name));
    const failed = (await Promise.allSettled(some)).find(({ status }) => status === 'rejected');
    if (failed) return names.slice(from);
  }
  return [];
}

function tellLeft(names: readonly string[], warn: Terminal['warn']): void {
  if (names.length === 0) return;
  warn(`veza: ${names.length} copies could not be taken away again; a server that keeps its files there does so:`);
  for (const name of names.slice(0, MOST_LINES)) warn(`veza:   ${name}`);
  if (names.length > MOST_LINES) warn(`veza:   … and ${names.length - MOST_LINES} more`);
}

function toldOf(counts: Readonly<Record<'carried' | 'there' | 'lost', number>>, directory: string): string {
  const there = counts.there > 0 ? `; ${counts.there} were there already` : '';
  const lost = counts.lost > 0 ? `; ${counts.lost} were lost before and are left out` : '';
  const copied = `${counts.carried.toLocaleString('en')} were copied, each with the size and checksum it had${there}${lost}`;
  return `${copied}. Those in ${directory} are a backup.`;
}
