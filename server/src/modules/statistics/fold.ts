import { type Ctx, lockStreams, write } from '../../context.ts';
import { deleteUnfolded, findUnfolded, foldDays } from './fold_store.ts';
import { dayOf, HOURS_OF_A_DAY, hourOf } from './hours.ts';

/**
 * What authors wrote is counted by the hour for the sake of `24h`. Days that no such period touches any more are folded into one row
 * an author: a sum over days stays the same. A room at a time, under its lock.
 */
export async function foldStatistics(ctx: Ctx, signal?: AbortSignal): Promise<void> {
  const before = (dayOf(hourOf(ctx.now)) - 1) * HOURS_OF_A_DAY;
  for (;;) {
    const found = await findUnfolded.all(ctx.db, { before });
    const rooms = new Set(found.map(({ container_id }) => container_id));
    for (const container_id of rooms) {
      if (signal?.aborted) return;
      await write(ctx, 'statistics.fold', async (ctx) => {
        await lockStreams(ctx, { containers: [container_id] });
        await foldDays.run(ctx.db, { container_id, before });
        await deleteUnfolded.run(ctx.db, { container_id, before });
      });
    }
    if (rooms.size === 0) return;
  }
}
