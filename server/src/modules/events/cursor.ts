import type { Ctx } from '../../context.ts';
import type { CommitPosition } from '../../db/commit_order.ts';
import { AppError } from '../../errors.ts';
import { placeOf, readFloor } from '../../log/read.ts';

/** An event's id, as readers are given it; `0` stands before the first. */
export const CURSOR = /^(0|[1-9][0-9]{0,15})$/;

/** The place a client names, in that field, by the id of the last event it knows; 410 where what came after it is not kept any more. */
export async function placeAfter(ctx: Ctx, field: 'after' | 'Last-Event-ID', after: string): Promise<CommitPosition> {
  // From the oldest that is kept.
  if (after === '0') return readFloor(ctx.db);
  const place = await placeOf(ctx.db, Number(after));
  if (!place) throw new AppError('CURSOR_EXPIRED', { field, oldest: `${(await readFloor(ctx.db)).id}` });
  return place;
}
