import { type Ctx, type Deps, ownCtx, write } from './context.ts';
import { forgetKeys } from './idempotency.ts';
import { forgetAudit } from './modules/audit/forget.ts';
import { forgetSessions } from './modules/auth/forget.ts';
import { forgetEvents } from './modules/events/forget.ts';
import { purgeFiles, sweepBlobs } from './modules/files/sweep.ts';
import { purgeRooms } from './modules/rooms/purge.ts';
import { foldStatistics } from './modules/statistics/fold.ts';
import { forgetDeliveries, forgetFormerSecrets, forgetLeftDeliveries } from './modules/webhooks/forget.ts';
import type { Work } from './nodes/works.ts';

const FLUSH_EVERY_MS = 15_000;
const FORGET_EVERY_MS = 10 * 60_000;
/** To sweep is to look at the name of every file there is. */
const SWEEP_EVERY_TURNS = 36;

/**
 * What the server does unasked: writes when people were seen, drops spent keys, sessions that are over, old events, deliveries and former secrets, what deleted
 * rooms have left and bytes that are no file's, folds statistics, and drops audit rows that are too old. Returns what stops it, after a last write.
 */
export function startMaintenance(deps: Deps): () => Promise<void> {
  const stopping = new AbortController();
  const complain = (error: unknown) => deps.log.warn({ err: error }, 'maintenance did not succeed; it is tried again');
  const flush = () => deps.authority.activity.flush().catch(complain);
  let turns = 0;
  const ctx = () => ownCtx(deps, 'maintenance');
  /** One process does it for all. */
  const once = async (work: Work, ...tasks: readonly ((ctx: Ctx) => Promise<unknown>)[]) => {
    for (const task of tasks) if (deps.nodes.register.owns(work)) await task(ctx()).catch(complain);
  };
  const { signal } = stopping;
  const forgetAll = async () => {
    await once(
      'forget',
      (ctx) => write(ctx, 'idempotency.forget', forgetKeys),
      (ctx) => forgetSessions(ctx, signal),
      (ctx) => forgetAudit(ctx, signal),
      (ctx) => forgetEvents(ctx, signal),
      (ctx) => forgetDeliveries(ctx, signal),
      (ctx) => forgetLeftDeliveries(ctx, signal),
      forgetFormerSecrets,
    );
    await once('statistics', (ctx) => foldStatistics(ctx, signal));
    await once(
      'purge',
      (ctx) => purgeFiles(ctx, signal),
      (ctx) => purgeRooms(ctx, signal),
    );
    if (turns++ % SWEEP_EVERY_TURNS === 0) await once('sweep', (ctx) => sweepBlobs(ctx, signal));
  };
  // A large room takes longer than it is to the next turn, which then has nothing to begin.
  let forgetting: Promise<void> | undefined;
  const forget = () => {
    forgetting ??= forgetAll().finally(() => {
      forgetting = undefined;
    });
  };
  const timers = [setInterval(flush, FLUSH_EVERY_MS), setInterval(forget, FORGET_EVERY_MS)];
  for (const timer of timers) timer.unref();
  return async () => {
    for (const timer of timers) clearInterval(timer);
    stopping.abort();
    await forgetting;
    await flush();
  };
}
