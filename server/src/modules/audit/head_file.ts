import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Deps } from '../../context.ts';
import type { AuditMarkRow } from '../../db/tables.ts';
import { findMark, findSeal } from './seal_store.ts';

const NAME = 'audit-head.json';
const ANY = /^audit-head(\.lost-\d+)?\.json$/;

/**
 * Where the chain ended, kept outside the database: whoever cuts off its end there cannot hide that something was cut off. A head
 * that the database no longer knows is put aside and stays.
 */
export function createHeadFile(directory: string, { db, log }: Pick<Deps, 'db' | 'log'>) {
  const path = join(directory, NAME);
  let known: AuditMarkRow | undefined;
  let isRead = false;

  return {
    /** Looks whether the chain still has what the file says. */
    compare: async (): Promise<void> => {
      if (!isRead) known = markOf(await readFile(path, 'utf8').catch(absent));
      isRead = true;
      if (!known) return;
      const seal = await findSeal.first(db.reader, { seq: known.seq });
      const checkpoint = await findMark.first(db.reader, { name: 'checkpoint' });
      if (seal?.mac === known.mac || (checkpoint?.seq ?? 0) >= known.seq) return;
      log.error({ seq: known.seq, mac: known.mac }, 'the audit log no longer has what was sealed in it');
      await rename(path, join(directory, `audit-head.lost-${known.seq}.json`));
      known = undefined;
    },
    /** Replaces the file; after a crash it is the old one or the new one. */
    write: async (head: AuditMarkRow): Promise<void> => {
      // Several processes may keep it in one folder.
      const passing = `${path}.${randomUUID()}.new`;
      const fresh = await open(passing, 'w', 0o600);
      try {
        await fresh.writeFile(`${JSON.stringify(head)}\n`);
        await fresh.sync();
      } finally {
        await fresh.close();
      }
      await rename(passing, path);
      known = head;
    },
  };
}

export interface KeptHead {
  readonly file: string;
  /** Undefined when the file is not one that a server wrote. */
  readonly mark: AuditMarkRow | undefined;
}

/** Every head that was kept in a data directory, those put aside too. */
export async function readHeads(directory: string): Promise<KeptHead[]> {
  const names = (await readdir(directory).catch((): string[] => [])).filter((name) => ANY.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const file = join(directory, name);
      return { file, mark: markOf(await readFile(file, 'utf8')) };
    }),
  );
}

function markOf(text: string): AuditMarkRow | undefined {
  try {
    const { seq, mac, xid, audit_id, at, key_id, signature } = JSON.parse(text) as AuditMarkRow;
    const texts = [mac, xid, key_id, signature].every((value) => typeof value === 'string');
    const numbers = [seq, audit_id, at].every((value) => Number.isSafeInteger(value));
    return texts && numbers ? { name: 'head', seq, mac, xid, audit_id, at, key_id, signature } : undefined;
  } catch {
    return undefined;
  }
}

function absent(error: NodeJS.ErrnoException): string {
  if (error.code !== 'ENOENT') throw error;
  return '';
}
