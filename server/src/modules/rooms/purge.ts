import { setTimeout as sleep } from 'node:timers/promises';
import { type Ctx, type WriteCtx, write } from '../../context.ts';
import {
  AT_ONCE,
  deleteAuthorHours,
  deleteBans,
  deleteContainer,
  deleteHours,
  deleteMembers,
  deleteMessages,
  deleteReplays,
  deleteRoomRow,
  deleteSubscriptions,
  deleteWebhooks,
  findDeleted,
  hanging,
} from './purge_store.ts';

const DAY_MS = 86_400_000;
/** Between two transactions, so that others have the writer for most of the time. */
const PAUSE_MS = 20;

/** Takes away what deleted rooms have left, in small transactions, until it is done or told to stop. Events and audit rows stay. */
export async function purgeRooms(ctx: Ctx, signal: AbortSignal): Promise<void> {
  // They are found by reading all containers.
  const deleted = await ctx.deps.db.snapshot((db) => findDeleted.all(db, {}));
  for (const { id, deleted_at } of deleted) {
    // Who was in the room may still have to be told of its end.
    const isOver = deleted_at <= ctx.now - ctx.deps.config.EVENT_RETENTION_DAYS * DAY_MS;
    while (!signal.aborted && (await write(ctx, 'room.purge', (ctx) => purgeSome(ctx, id, isOver))))
      await sleep(PAUSE_MS);
  }
}

/** One step; true when there may be more to do. */
async function purgeSome({ db }: WriteCtx, id: number, isOver: boolean): Promise<boolean> {
  for (const deletion of hanging) if ((await deletion.run(db, { id })) === AT_ONCE) return true;
  if ((await deleteMessages.run(db, { id })) > 0) return true;
  for (const deletion of [deleteBans, deleteHours, deleteAuthorHours])
    if ((await deletion.run(db, { id })) === AT_ONCE) return true;
  if (!isOver) return false;
  if ((await deleteMembers.run(db, { id })) === AT_ONCE) return true;
  await deleteSubscriptions.run(db, { id });
  await deleteReplays.run(db, { id });
  await deleteWebhooks.run(db, { id });
  await deleteRoomRow.run(db, { id });
  await deleteContainer.run(db, { id });
  return false;
}
