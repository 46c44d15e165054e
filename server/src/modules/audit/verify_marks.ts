import type { Reader } from '../../db/database.ts';
import type { AuditMarkRow } from '../../db/tables.ts';
import type { AuditFault } from './fault.ts';
import type { KeptHead } from './head_file.ts';
import { type SealKey, sameMac, signatureOf } from './seal.ts';
import { findMark, findSeal } from './seal_store.ts';

/** What is wrong with a signed place in the chain. */
export function markFault(keys: readonly SealKey[], mark: AuditMarkRow): AuditFault[] {
  const key = keys.find(({ id }) => id === mark.key_id);
  const isGenuine = key !== undefined && sameMac(mark.signature, signatureOf(key, mark));
  return isGenuine ? [] : [{ row: undefined, what: `the ${mark.name} of the chain was altered` }];
}

/** What the heads that were kept outside the database know of, and it does not. */
export async function fileFaults(
  db: Reader,
  keys: readonly SealKey[],
  files: readonly KeptHead[],
): Promise<AuditFault[]> {
  const faults: AuditFault[] = [];
  for (const { file, mark } of files) {
    const what = await faultOf(db, keys, mark);
    if (what) faults.push({ row: undefined, what: `${file} ${what}` });
  }
  return faults;
}

async function faultOf(
  db: Reader,
  keys: readonly SealKey[],
  mark: AuditMarkRow | undefined,
): Promise<string | undefined> {
  if (!mark || markFault(keys, mark).length > 0) return 'was altered';
  const seal = await findSeal.first(db, { seq: mark.seq });
  const checkpoint = await findMark.first(db, { name: 'checkpoint' });
  if (seal?.mac === mark.mac || (checkpoint?.seq ?? 0) >= mark.seq) return undefined;
  return `knows of seal ${mark.seq}, which is not in the log: its end was cut off`;
}
