import { type Ctx, write } from '../../context.ts';
import { deleteOverSessions, deleteOverTokens } from './store.ts';

/** An ended session answers nothing any more; a day later nobody looks for it either. */
const KEPT_MS = 86_400_000;
/** A session has up to some thousand spent tokens; so many sessions at a time keep a transaction short. */
const AT_ONCE = 50;

/** Drops sessions that are over, with their refresh tokens, in small transactions; resolves with how many. */
export async function forgetSessions(ctx: Ctx, signal?: AbortSignal): Promise<number> {
  const over = { before: ctx.now - KEPT_MS, limit: AT_ONCE };
  let forgotten = 0;
  while (!signal?.aborted) {
    const count = await write(ctx, 'sessions.forget', async (ctx) => {
      await deleteOverTokens.run(ctx.db, over);
      return deleteOverSessions.run(ctx.db, over);
    });
    forgotten += count;
    if (count < AT_ONCE) break;
  }
  return forgotten;
}
