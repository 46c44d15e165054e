import type { Ctx, WriteCtx } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { addToTotal, addToUsage, openUsage } from './change_store.ts';
import { findUsage } from './store.ts';

const full = (reason: 'user_quota' | 'server_quota', limit: number) =>
  new AppError('STORAGE_FULL', { reason, max_bytes: limit });

/** Raises 507 for who has used up all he has, before he sends more for nothing. */
export async function requireQuota(ctx: Ctx): Promise<void> {
  const limit = ctx.deps.config.MAX_USER_STORAGE_BYTES;
  if (limit === 0) return;
  const usage = await findUsage.first(ctx.db, { user_id: ctx.actor.userId });
  if (usage && usage.bytes >= limit) throw full('user_quota', limit);
}

/** Counts a file of the caller's; raises 507 where his limit or the server's would be passed. The last thing of its transaction. */
export async function reserve(ctx: WriteCtx, bytes: number): Promise<void> {
  const { MAX_USER_STORAGE_BYTES: ofUser, MAX_STORAGE_BYTES: ofServer } = ctx.deps.config;
  const user_id = ctx.actor.userId;
  await openUsage.run(ctx.db, { user_id });
  if ((await addToUsage.run(ctx.db, { user_id, bytes, limit: ofUser })) === 0) throw full('user_quota', ofUser);
  if ((await addToTotal.run(ctx.db, { name: 'file_bytes', delta: bytes, limit: ofServer })) === 0)
    throw full('server_quota', ofServer);
  await addToTotal.run(ctx.db, { name: 'files', delta: 1, limit: 0 });
}
