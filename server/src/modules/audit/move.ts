import type { AuditMarkRow } from '../../db/tables.ts';
import { type SealKey, signedMark } from './seal.ts';
import { markFault } from './verify_marks.ts';

/**
 * A place in the chain, signed anew in a database whose rows are all of one transaction. One whose key is not here, or that was
 * altered, stays as it is: the sealer does with it, and the next seal replaces it.
 */
export function movedMark(
  keys: readonly SealKey[],
  mark: AuditMarkRow,
  xid: string,
): Pick<AuditMarkRow, 'xid' | 'signature'> {
  const key = keys.find(({ id }) => id === mark.key_id);
  if (!key || markFault(keys, mark).length > 0) return mark;
  return signedMark(key, { ...mark, xid });
}
