import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';

/** Bytes were written, or cut off at the end. */
export interface Change {
  readonly kind: 'wrote' | 'cut';
  readonly inode: number;
  readonly offset: number;
  readonly length: number;
  /** What was there before, as far as the file went. */
  readonly bytes: Buffer;
  /** Of the file before. */
  readonly size: number;
}

/** A name that a folder did not have before. */
export interface NewName {
  readonly kind: 'created' | 'renamed';
  readonly inode: number;
  readonly path: string;
  /** The name it had before, when it was renamed. */
  readonly from: string;
  /** Whether the name was another file's before. */
  readonly replaced: boolean;
}

interface Mention {
  readonly kind: 'opened' | 'synced';
  readonly inode: number;
  readonly path: string;
}

export type Note = Change | NewName | Mention;

/** In the order of disk_shim.c. */
const KINDS = [undefined, 'opened', 'wrote', 'cut', 'synced', 'created', 'renamed'] as const;
const HEAD = 48;

/** Reads what disk_shim.c has noted; what its process was killed in the middle of noting had not happened yet. */
export function readJournal(path: string): Note[] {
  if (endianness() !== 'LE') throw new Error('The journal is little-endian, as the machines are that have been tried');
  const file = readFileSync(path);
  const notes: Note[] = [];
  let place = 0;
  while (place + HEAD <= file.length) {
    const small = (index: number) => file.readUInt32LE(place + 4 * index);
    const large = (index: number) => Number(file.readBigUInt64LE(place + 16 + 8 * index));
    const fromAt = place + HEAD;
    const toAt = fromAt + small(1);
    const bytesAt = toAt + small(2);
    const end = bytesAt + small(3);
    if (end > file.length) break;
    const [inode, offset, length, size] = [large(0), large(1), large(2), large(3)];
    const first = file.toString('utf8', fromAt, toAt);
    const kind = KINDS[small(0)];
    if (kind === 'wrote' || kind === 'cut')
      notes.push({ kind, inode, offset, length, size, bytes: file.subarray(bytesAt, end) });
    else if (kind === 'renamed')
      notes.push({ kind, inode, from: first, path: file.toString('utf8', toAt, bytesAt), replaced: size === 1 });
    else if (kind === 'created') notes.push({ kind, inode, path: first, from: '', replaced: false });
    else if (kind !== undefined) notes.push({ kind, inode, path: first });
    else throw new Error(`Not a journal at ${place}`);
    place = end;
  }
  return notes;
}
