import { randomUUID } from 'node:crypto';
import { type Ctx, type WriteCtx, write } from '../../context.ts';
import { starEvents } from '../../events.ts';
import {
  advanceReplay,
  deleteReplay,
  findOldestReplay,
  findWanted,
  insertLaidOut,
  layOutAgain,
  takeOldestReplay,
} from './replay_store.ts';

export const byStar = JSON.stringify([...starEvents]);

/** So many events at a time keep a transaction short: 200 rows take some milliseconds, within which SQLite does nothing else. */
const AT_ONCE = 200;

/** Goes one step on with what was asked to be sent again; true when there may be more to do. */
export async function layOutSome(ctx: Ctx): Promise<boolean> {
  if (!(await findOldestReplay.first(ctx.db, {}))) return false;
  return write(ctx, 'deliveries.lay_out', async (ctx) => {
    const replay = await takeOldestReplay.first(ctx.db, {});
    if (!replay) return false;
    const { webhook_id, last_id } = replay;
    const high = Math.min(replay.next_id + AT_ONCE - 1, last_id);
    await layOut(
      ctx,
      webhook_id,
      await findWanted.all(ctx.db, { ...replay, by_star: byStar, low: replay.next_id, high }),
    );
    if (high === last_id) await deleteReplay.run(ctx.db, { webhook_id });
    else await advanceReplay.run(ctx.db, { webhook_id, next_id: high + 1 });
    return true;
  });
}

type Wanted = Awaited<ReturnType<typeof findWanted.all>>;

async function layOut({ db, now }: WriteCtx, webhook_id: number, wanted: Wanted): Promise<void> {
  const known = wanted.flatMap(({ delivery_id }) => (delivery_id === null ? [] : [{ id: delivery_id, at: now }]));
  await layOutAgain.run(db, known);
  const unknown = wanted.filter(({ delivery_id }) => delivery_id === null);
  await insertLaidOut(
    db,
    unknown.map(({ event_id, event, about_message_id }) => ({
      ...{ webhook_id, event_id, event, about_message_id, message_id: `evt_${randomUUID()}` },
      ...{ status: 'pending', attempts: 0, step: 0, due_at: now, created_at: now },
    })),
  );
}
