import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { type Change, type NewName, type Note, readJournal } from './disk_journal.ts';

export interface Lost {
  /** Writes that were not synced when the power went. */
  readonly writes: number;
  /** New names that their folder had not kept yet. */
  readonly names: number;
}

/** What a disk writes at once: each of these of an unsynced write may be there or not. */
const SECTOR = 512;

/**
 * Undoes in the watched files what was not synced, as a power cut may: each sector and each new name is lost, but for those that
 * the disk was quick enough to `keep`. The journal begins anew.
 */
export function cutPower(journal: string, keep: () => boolean): Lost {
  const { paths, writes, names } = unsynced(readJournal(journal));
  let count = 0;
  for (const [inode, changes] of writes) {
    const path = paths.get(inode);
    if (path === undefined || !existsSync(path) || statSync(path).ino !== inode) continue;
    undoChanges(path, changes, keep);
    count += changes.length;
  }
  const lost = names.filter(({ path }) => existsSync(path) && !keep());
  for (const name of lost.toReversed()) undoName(name);
  truncateSync(journal);
  return { writes: count, names: lost.length };
}

function unsynced(notes: readonly Note[]) {
  const paths = new Map<number, string>();
  const writes = new Map<number, Change[]>();
  let names: NewName[] = [];
  for (const note of notes) {
    switch (note.kind) {
      case 'wrote':
      case 'cut': {
        const changes = writes.get(note.inode);
        if (changes) changes.push(note);
        else writes.set(note.inode, [note]);
        break;
      }
      case 'synced':
        writes.delete(note.inode);
        names = names.filter(({ path }) => dirname(path) !== note.path);
        break;
      case 'created':
      case 'renamed':
        // The number may have been another file's before.
        if (note.kind === 'created') writes.delete(note.inode);
        names.push(note);
        paths.set(note.inode, note.path);
        break;
      case 'opened':
        paths.set(note.inode, note.path);
    }
  }
  return { paths, writes, names };
}

function undoName({ kind, path, from, replaced }: NewName): void {
  // One that was made more than once is gone with its last time.
  if (!existsSync(path)) return;
  // A folder takes along what is in it.
  if (kind === 'created') rmSync(path, { recursive: true });
  // The file it replaced is gone for good: of ours only files of equal content replace each other.
  else if (!replaced) renameSync(path, from);
}

/** From the last change to the first: what was kept of a later one hides what was there before. */
function undoChanges(path: string, changes: readonly Change[], keep: () => boolean): void {
  const fd = openSync(path, 'r+');
  const kept = new Set<number>();
  let { size } = fstatSync(fd);
  let keptUpTo = 0;
  for (const { offset, length, bytes, size: before } of changes.toReversed()) {
    for (let sector = offset - (offset % SECTOR); sector < offset + length; sector += SECTOR) {
      const from = Math.max(sector, offset);
      const to = Math.min(sector + SECTOR, offset + length);
      if (!kept.has(sector) && keep()) {
        kept.add(sector);
        keptUpTo = Math.max(keptUpTo, Math.min(to, size));
      }
      if (kept.has(sector)) continue;
      const old = Buffer.alloc(to - from);
      old.set(bytes.subarray(from - offset, to - offset));
      writeSync(fd, old, 0, old.length, from);
    }
    size = Math.max(before, keptUpTo);
    ftruncateSync(fd, size);
  }
  closeSync(fd);
}
