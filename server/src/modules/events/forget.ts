import { type Ctx, type WriteCtx, write } from '../../context.ts';
import { isBefore } from '../../db/commit_order.ts';
import { FLOOR, readFloor } from '../../log/read.ts';
import { deleteUpTo, oldestOf, putSetting } from './forget_store.ts';

/** So many at a time keep a transaction short. */
const AT_ONCE = 500;
const DAY_MS = 86_400_000;
const LOCK = 'events:forget';
/** Setting: nothing that happened since then has been forgotten. */
const FORGOTTEN_BEFORE = 'events_forgotten_before';

/**
 * Drops events that are older than EVENT_RETENTION_DAYS, from the log's beginning on, in small transactions. Up to where is kept: who
 * asks for what came after something older has missed events.
 */
export async function forgetEvents(ctx: Ctx, signal?: AbortSignal): Promise<void> {
  const before = ctx.now - ctx.deps.config.EVENT_RETENTION_DAYS * DAY_MS;
  while (!signal?.aborted && (await write(ctx, 'events.forget', (inner) => forgetSlice(inner, before))) === AT_ONCE);
}

async function forgetSlice({ db }: WriteCtx, before: number): Promise<number> {
  await db.lock([LOCK]);
  const oldest = await oldestOf.all(db, { limit: AT_ONCE });
  const end = oldest.findIndex(({ created_at }) => created_at >= before);
  const going = end === -1 ? oldest : oldest.slice(0, end);
  const last = going.at(-1);
  if (!last) return 0;
  const place = { xid: last.xid, id: last.id };
  await deleteUpTo.run(db, place);
  const floor = await readFloor(db);
  if (isBefore(floor, place)) await putSetting.run(db, { key: FLOOR, value: JSON.stringify(place) });
  await putSetting.run(db, { key: FORGOTTEN_BEFORE, value: `${before}` });
  return going.length;
}
