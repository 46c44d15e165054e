import { createComplaint } from '../../complaint.ts';
import type { Deps } from '../../context.ts';
import { BEGINNING, type CommitPosition } from '../../db/commit_order.ts';
import type { Writer } from '../../db/database.ts';
import type { AuditMarkRow } from '../../db/tables.ts';
import { createHeadFile } from './head_file.ts';
import { NOTHING_BEFORE, type SealKey, sealKeyOf, sealRow, signedMark } from './seal.ts';
import { findMark, findRestored, findUnsealed, insertSeals, putMark } from './seal_store.ts';

/** Whoever changes the chain holds this lock: of many nodes one seals at a time. */
export const CHAIN_LOCK = 'audit.chain';
/** Rows of one transaction: their digests take some milliseconds, in which nothing else runs. */
const SLICE = 200;
const LOOK_EVERY_MS = 500;
const SAY_EVERY_MS = 60_000;

/** Adds the next links to the chain, and moves its head, in the caller's transaction; undefined when there was nothing to seal. */
export async function sealSlice(
  db: Writer,
  key: SealKey,
  now: number,
  limit = SLICE,
): Promise<AuditMarkRow | undefined> {
  await db.lock([CHAIN_LOCK]);
  const head = await findMark.first(db, { name: 'head' });
  const rows = await findUnsealed.all(db, { ...(await endOf(db, head)), limit });
  const last = rows.at(-1);
  if (!last) return undefined;
  let [seq, mac] = [head?.seq ?? 0, head?.mac ?? NOTHING_BEFORE];
  const seals = rows.map((row) => {
    const seal = sealRow(key, ++seq, mac, row);
    mac = seal.mac;
    return seal;
  });
  await insertSeals(db, seals);
  const mark = signedMark(key, { name: 'head', seq, mac, xid: last.xid, audit_id: last.id, at: now });
  await putMark.run(db, mark);
  return mark;
}

/** Where the chain ends. In a database that was restored elsewhere transactions are numbered anew: there only the seals tell. */
async function endOf(db: Writer, head: AuditMarkRow | undefined): Promise<CommitPosition> {
  if (!head || (await findRestored.first(db, { xid: head.xid }))) return BEGINNING;
  return { xid: head.xid, id: head.audit_id };
}

export interface Sealer {
  /** Seals everything there is. */
  seal(): Promise<void>;
  /** Seals a last time. */
  stop(): Promise<void>;
}

/** Seals the audit log behind what is written, within a second. A crash at any point leaves it sealed up to some row. */
export function startSealer(deps: Deps): Sealer {
  const { db, log, now } = deps;
  const key = sealKeyOf(deps.authority.secretKey);
  const file = createHeadFile(deps.config.DATA_DIR, deps);
  let saidAt = -SAY_EVERY_MS;
  let running: Promise<void> | undefined;

  const isDue = (since: number) => performance.now() - since >= SAY_EVERY_MS;
  const complain = createComplaint(log, 'error', 'the audit log could not be sealed; it is tried again');

  async function pass(say: boolean): Promise<void> {
    for (;;) {
      const head = await findMark.first(db.reader, { name: 'head' });
      // A cheap look without a transaction. It may miss rows of a restored database; those are sealed with the next audited change.
      const place = head ? { xid: head.xid, id: head.audit_id } : BEGINNING;
      if (!(await findUnsealed.first(db.reader, { ...place, limit: 1 }))) return;
      await file.compare();
      const sealed = await db.write('audit.seal', (writer) => sealSlice(writer, key, now()));
      if (!sealed) return;
      await file.write(sealed);
      if (!say && !isDue(saidAt)) continue;
      saidAt = performance.now();
      log.info({ seq: sealed.seq, mac: sealed.mac }, 'audit log sealed');
    }
  }

  const look = (say = false) => {
    running ??= pass(say)
      .catch(complain)
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  /** A look under way may have begun before what is to be sealed was written. */
  const seal = async (say = false) => {
    await running;
    await look(say);
  };
  const timer = setInterval(() => {
    if (deps.nodes.register.owns('seal')) void look();
  }, LOOK_EVERY_MS);
  timer.unref();
  return {
    seal: () => seal(),
    stop: async () => {
      clearInterval(timer);
      await seal(true);
    },
  };
}
