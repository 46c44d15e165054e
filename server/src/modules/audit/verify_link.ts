import { isWrittenHere } from './details.ts';
import type { AuditFault } from './fault.ts';
import { linkOf, personalHolds, type Sealed, type SealKey, sameMac } from './seal.ts';
import type { Link } from './seal_store.ts';

/** What is wrong with one row of the log and its seal. `before` is the link before it, undefined when that is missing. */
export function linkFaults(
  keys: readonly SealKey[],
  before: string | undefined,
  link: Link,
): { faults: AuditFault[]; isErased: boolean } {
  const { id: row } = link;
  const isErased = link.address_erased !== null || link.words_erased !== null;
  const fault = (what: string) => ({ faults: [{ row: link.audit_id, what }], isErased });
  const key = keys.find(({ id }) => id === link.key_id);
  if (!key) return fault('was sealed with a key that is not known here: was SECRET_KEY changed?');
  if (row === null) return fault('was deleted');
  const sealed = link as Sealed;
  if (!isWrittenHere(sealed.details)) return fault('was altered: its details');
  if (before !== undefined && !sameMac(link.mac, linkOf(key, before, sealed, link)))
    return fault('was altered, or its seal or the one before it was');
  const wrong = (['address', 'words'] as const).filter((what) => !personalHolds(key, what, sealed, link));
  const faults = wrong.map((what) => ({
    row: link.audit_id,
    what: what === 'address' ? 'was altered: its address' : 'was altered: its words',
  }));
  return { faults, isErased };
}
