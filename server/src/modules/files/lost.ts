import type { Ctx } from '../../context.ts';
import { findNameOfBytes } from './store.ts';

/**
 * The name under which the database has these bytes although they are not there, as after a restore without them; empty when nothing is
 * lost. Names are never used twice: what is lost stays so, and a transaction may act on it later.
 */
export async function findLost(ctx: Ctx, sha256: string): Promise<string> {
  const known = await findNameOfBytes.first(ctx.db, { sha256 });
  return known && !(await ctx.deps.files.blobs.has(known.name)) ? known.name : '';
}
