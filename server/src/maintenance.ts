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

/** Whether what is under way is still this process's. */
const LOOK_EVERY_MS = 1_000;
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
  /** One process does it for all, for as long as it is its own to do. */
  const once = async (work: Work, ...tasks: readonly ((ctx: Ctx, signal: AbortSignal) => Promise<unknown>)[]) => {
    const lost = new AbortController();
    const look = setInterval(() => deps.nodes.register.owns(work) || lost.abort(), LOOK_EVERY_MS);
    const signal = AbortSignal.any([stopping.signal, lost.signal]);
    for (const task of tasks) if (deps.nodes.register.owns(work)) await task(ctx(), signal).catch(complain);
    clearInterval(look);
  };
  const forgetAll = async () => {
    await once(
      'forget',
      (ctx) => write(ctx, 'idempotency.forget', forgetKeys),
      forgetSessions,
      forgetAudit,
      forgetEvents,
      forgetDeliveries,
      forgetLeftDeliveries,
      forgetFormerSecrets,
    );
    await once('statistics', foldStatistics);
    await once('purge', purgeFiles, purgeRooms);
    if (turns++ % SWEEP_EVERY_TURNS === 0) await once('sweep', sweepBlobs);
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
