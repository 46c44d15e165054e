import { type Ctx, type WriteCtx, write } from '../../context.ts';
import type { AuditSealRow } from '../../db/tables.ts';
import { publicText } from './details.ts';
import { keepOfRows, markSeals, rowsAbout, sealsOf } from './erase_store.ts';
import { erasureOf, type SealKey, sealKeyOf } from './seal.ts';
import { CHAIN_LOCK } from './sealer.ts';

/** Rows of one transaction. */
const AT_ONCE = 200;

/**
 * Takes out of the audit log where somebody's requests came from, and the words in rows about him. Who did what to
 * whom, and when, stays, and the chain with it. In small transactions; resolves with how many rows were looked at.
 */
export async function eraseFromAudit(ctx: Ctx, userId: number): Promise<number> {
  const key = sealKeyOf(ctx.deps.authority.secretKey);
  let [above, rows] = [0, 0];
  for (;;) {
    const erased = await write(ctx, 'audit.erase', (inner) => eraseSlice(inner, key, userId, above));
    rows += erased.length;
    if (erased.length < AT_ONCE) return rows;
    above = erased.at(-1) as number;
  }
}

async function eraseSlice(ctx: WriteCtx, key: SealKey, userId: number, above: number): Promise<number[]> {
  // A row that is being sealed would be sealed as it was.
  await ctx.db.lock([CHAIN_LOCK]);
  const rows = await rowsAbout.all(ctx.db, { user_id: userId, above, limit: AT_ONCE });
  const ids = rows.map(({ id }) => id);
  const own = new Set(rows.filter(({ actor_id }) => actor_id === userId).map(({ id }) => id));
  await keepOfRows.run(
    ctx.db,
    rows.map(({ id, address, details }) => ({
      id,
      address: own.has(id) ? '' : address,
      details: publicText(details),
    })),
  );
  const seals = await sealsOf.all(ctx.db, ids);
  await markSeals.run(
    ctx.db,
    seals.map((seal) => {
      const address = erased(key, 'address', seal, own.has(seal.audit_id));
      const words = erased(key, 'words', seal, true);
      const marks = { address_salt: address.salt, address_erased: address.mark };
      return { seq: seal.seq, ...marks, words_salt: words.salt, words_erased: words.mark };
    }),
  );
  return ids;
}

/** What stands in a seal afterwards; where there is no salt, there was nothing, or it is gone already. */
function erased(key: SealKey, what: 'address' | 'words', seal: AuditSealRow, isWanted: boolean) {
  const salt = what === 'address' ? seal.address_salt : seal.words_salt;
  const before = what === 'address' ? seal.address_erased : seal.words_erased;
  return salt !== null && isWanted ? { salt: null, mark: erasureOf(key, what, seal) } : { salt, mark: before };
}
