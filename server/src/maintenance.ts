import { type Deps, nobody, type RequestFacts, write } from './context.ts';
import { forgetKeys } from './idempotency.ts';

const FLUSH_EVERY_MS = 15_000;
const FORGET_EVERY_MS = 10 * 60_000;

const request: RequestFacts = {
  id: 'maintenance',
  address: '',
  userAgent: '',
  representation: false,
  auditReason: undefined,
  idempotency: undefined,
};

/** What the server does unasked: writes when people were seen, drops spent keys. Returns what stops it, after a last write. */
export function startMaintenance(deps: Deps): () => Promise<void> {
  const complain = (error: unknown) => deps.log.warn({ err: error }, 'maintenance did not succeed; it is tried again');
  const flush = () => deps.activity.flush().catch(complain);
  const forget = () => {
    const ctx = { deps, actor: nobody, request, now: deps.now(), db: deps.db.reader };
    return write(ctx, 'idempotency.forget', forgetKeys).catch(complain);
  };
  const timers = [setInterval(flush, FLUSH_EVERY_MS), setInterval(forget, FORGET_EVERY_MS)];
  for (const timer of timers) timer.unref();
  return async () => {
    for (const timer of timers) clearInterval(timer);
    await flush();
  };
}
