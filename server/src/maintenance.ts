import { type Deps, ownCtx, write } from './context.ts';
import { forgetKeys } from './idempotency.ts';
import { forgetSessions } from './modules/auth/forget.ts';

const FLUSH_EVERY_MS = 15_000;
const FORGET_EVERY_MS = 10 * 60_000;

/** What the server does unasked: writes when people were seen, drops spent keys and sessions that are over. Returns what stops it, after a last write. */
export function startMaintenance(deps: Deps): () => Promise<void> {
  const complain = (error: unknown) => deps.log.warn({ err: error }, 'maintenance did not succeed; it is tried again');
  const flush = () => deps.authority.activity.flush().catch(complain);
  const forget = async () => {
    const ctx = ownCtx(deps, 'maintenance');
    await write(ctx, 'idempotency.forget', forgetKeys).catch(complain);
    await forgetSessions(ctx).catch(complain);
  };
  const timers = [setInterval(flush, FLUSH_EVERY_MS), setInterval(forget, FORGET_EVERY_MS)];
  for (const timer of timers) timer.unref();
  return async () => {
    for (const timer of timers) clearInterval(timer);
    await flush();
  };
}
