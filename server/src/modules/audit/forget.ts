import { type Ctx, type WriteCtx, write } from '../../context.ts';
import { deleteRows, deleteSeals, oldestOfChain } from './forget_store.ts';
import { sealKeyOf, signedMark } from './seal.ts';
import { findMark, putMark } from './seal_store.ts';
import { CHAIN_LOCK } from './sealer.ts';

/** Rows of one transaction. */
const AT_ONCE = 200;
const DAY_MS = 86_400_000;

/** Drops audit rows that are older than AUDIT_RETENTION_DAYS, from the chain's beginning on, in small transactions. A signed checkpoint stays. */
export async function forgetAudit(ctx: Ctx, signal?: AbortSignal): Promise<void> {
  const days = ctx.deps.config.AUDIT_RETENTION_DAYS;
  if (days === 0) return;
  const before = ctx.now - days * DAY_MS;
  while (!signal?.aborted && (await write(ctx, 'audit.forget', (inner) => forgetSlice(inner, before))) === AT_ONCE);
}

async function forgetSlice(ctx: WriteCtx, before: number): Promise<number> {
  const { db } = ctx;
  await db.lock([CHAIN_LOCK]);
  const above = (await findMark.first(db, { name: 'checkpoint' }))?.seq ?? 0;
  const oldest = await oldestOfChain.all(db, { above, limit: AT_ONCE });
  const end = oldest.findIndex(
    ({ created_at }, place) => created_at >= before || oldest[place]?.seq !== above + place + 1,
  );
  const going = end === -1 ? oldest : oldest.slice(0, end);
  const last = going.at(-1);
  if (!last) return 0;
  await deleteRows.run(db, { from: above, upTo: last.seq });
  await deleteSeals.run(db, { from: above, upTo: last.seq });
  const { seq, mac, xid, audit_id } = last;
  const key = sealKeyOf(ctx.deps.authority.secretKey);
  await putMark.run(db, signedMark(key, { name: 'checkpoint', seq, mac, xid, audit_id, at: before }));
  return going.length;
}
