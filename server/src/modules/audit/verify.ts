import type { Reader } from '../../db/database.ts';
import type { AuditMarkRow } from '../../db/tables.ts';
import type { AuditFault } from './fault.ts';
import type { KeptHead } from './head_file.ts';
import { NOTHING_BEFORE, type SealKey } from './seal.ts';
import { findInserted, findMark, findRestored, findStep, findUnsealed, type Link, sliceOfChain } from './seal_store.ts';
import { linkFaults } from './verify_link.ts';
import { fileFaults, markFault } from './verify_marks.ts';

export interface Verdict {
  /** Links looked at. */
  readonly checked: number;
  /** Rows of which something personal was erased by the server. */
  readonly erased: number;
  /** Rows that are not sealed yet. */
  readonly waiting: number;
  readonly faults: readonly AuditFault[];
  readonly head: AuditMarkRow | undefined;
}

/** Rows read at a time. */
const SLICE = 1_000;

interface Walk {
  above: number;
  before: string;
  checked: number;
  erased: number;
  /** The key in use has come: a former one may not come again. */
  isCurrent: boolean;
  readonly faults: AuditFault[];
}

/**
 * Goes along the whole chain, a slice at a time, and says what is wrong at which row. The first of the keys is the one in use; another
 * may only have been used before it. A server may go on writing meanwhile.
 */
export async function verifyAudit(
  db: Reader,
  keys: readonly SealKey[],
  files: readonly KeptHead[] = [],
): Promise<Verdict> {
  const checkpoint = await findMark.first(db, { name: 'checkpoint' });
  const walk: Walk = {
    above: checkpoint?.seq ?? 0,
    before: checkpoint?.mac ?? NOTHING_BEFORE,
    checked: 0,
    erased: 0,
    isCurrent: false,
    faults: checkpoint ? markFault(keys, checkpoint) : [],
  };
  const head = await walkToHead(db, keys, walk);
  walk.faults.push(...headFaults(keys, head, walk), ...(await fileFaults(db, keys, files)));
  walk.faults.push(...(await insertedFaults(db, head)));
  const end = head ? { xid: head.xid, id: head.audit_id } : { xid: '0', id: 0 };
  const waiting = await findUnsealed.all(db, { ...end, limit: SLICE });
  return { checked: walk.checked, erased: walk.erased, waiting: waiting.length, faults: walk.faults, head };
}

/** The head moves with the seals before it: read after them it is never behind, unless somebody put it there. */
async function walkToHead(db: Reader, keys: readonly SealKey[], walk: Walk): Promise<AuditMarkRow | undefined> {
  for (;;) {
    for (;;) {
      const slice = await sliceOfChain.all(db, { above: walk.above, limit: SLICE });
      for (const link of slice) await step(db, keys, walk, link);
      if (slice.length < SLICE) break;
    }
    const head = await findMark.first(db, { name: 'head' });
    const [next] = await sliceOfChain.all(db, { above: walk.above, limit: 1 });
    if (!head || head.seq <= walk.above || !next) return head;
  }
}

async function step(db: Reader, keys: readonly SealKey[], walk: Walk, link: Link): Promise<void> {
  let before: string | undefined = walk.before;
  if (link.seq !== walk.above + 1) {
    // What was dropped for its age while this was running leaves a checkpoint.
    const checkpoint = await findMark.first(db, { name: 'checkpoint' });
    before = checkpoint && checkpoint.seq === link.seq - 1 ? checkpoint.mac : undefined;
    if (before === undefined)
      walk.faults.push({ row: undefined, what: `seals ${walk.above + 1} to ${link.seq - 1} are missing` });
  }
  const { faults, isErased } = linkFaults(keys, before, link);
  walk.faults.push(...faults);
  if (walk.isCurrent && link.key_id !== keys[0]?.id)
    walk.faults.push({ row: link.audit_id, what: 'was sealed with a key that was no longer in use' });
  walk.isCurrent ||= link.key_id === keys[0]?.id;
  walk.checked++;
  if (isErased) walk.erased++;
  walk.above = link.seq;
  walk.before = link.mac;
}

function headFaults(keys: readonly SealKey[], head: AuditMarkRow | undefined, walk: Walk): AuditFault[] {
  if (!head) return walk.above === 0 ? [] : [{ row: undefined, what: 'the head of the chain is missing' }];
  const says = `the chain ends at seal ${walk.above}, where its head says ${head.seq}`;
  const ends = head.seq === walk.above && head.mac === walk.before;
  return [...markFault(keys, head), ...(ends ? [] : [{ row: head.audit_id, what: says }])];
}

/** Rows that have no seal although everything of their time has one. */
async function insertedFaults(db: Reader, head: AuditMarkRow | undefined): Promise<AuditFault[]> {
  if (!head || (await findRestored.first(db, { xid: head.xid }))) return [];
  const faults: AuditFault[] = [];
  let above = Number.MIN_SAFE_INTEGER;
  for (;;) {
    const upTo = (await findStep.first(db, { above, limit: SLICE * 10 }))?.id;
    if (upTo === undefined || upTo === null) return faults;
    const found = await findInserted.all(db, { xid: head.xid, id: head.audit_id, above, upTo });
    faults.push(
      ...found.map(({ id }) => ({ row: id, what: 'has no seal: it was inserted, or its seal was taken away' })),
    );
    above = upTo;
  }
}
