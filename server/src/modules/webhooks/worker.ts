import { type Deps, ownCtx } from '../../context.ts';
import { send } from './attempt.ts';
import { type Claimed, claimDeliveries } from './claim.ts';
import { findWaiting, releaseAllClaims, releaseClaims } from './claim_store.ts';
import { layOutSome } from './lay_out.ts';
import { sharePlaces } from './places.ts';
import { settle } from './settle.ts';
import type { DeliveryWorker } from './webhooks.ts';

/** A look costs some microseconds; commits may come by the thousand. */
const WAKE_MS = 10;
/** Other processes write deliveries too, and a clock may be put back. */
const LOOK_EVERY_MS = 5_000;
/** What an attempt may take beyond its own time before somebody else makes it. */
const LEASE_BEYOND_MS = 15_000;

interface Options {
  /** No other process uses the database: what is claimed at the start was claimed by a process that is gone, and is released. */
  readonly isAlone: boolean;
  /** Asked for at the start, as the worker is one of them. */
  readonly deps: () => Deps;
}

export function createDeliveryWorker({ isAlone, deps }: Options): DeliveryWorker {
  let running: ReturnType<typeof run> | undefined;
  return {
    start: async () => {
      running = run(deps(), isAlone);
      await running.begin();
    },
    wake: () => running?.lookIn(WAKE_MS),
    stop: async (graceMs) => running?.stop(graceMs),
  };
}

function run(deps: Deps, isAlone: boolean) {
  const { config, db, log } = deps;
  const claimant = { claimedBy: deps.nodes.id, leaseMs: config.WEBHOOK_ATTEMPT_SECONDS * 1_000 + LEASE_BEYOND_MS };
  /** Each attempt under way, with its webhook. */
  const attempts = new Map<Promise<void>, { readonly webhookId: number; readonly isFailing: boolean }>();
  const places = { all: config.WEBHOOK_IN_FLIGHT, each: config.WEBHOOK_IN_FLIGHT_EACH };
  const cutOff = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Number.POSITIVE_INFINITY;
  let looking: Promise<void> | undefined;
  let isStopped = false;

  function lookIn(ms: number): void {
    const at = performance.now() + ms;
    if (isStopped || at >= timerAt) return;
    clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(look, ms);
    timer.unref();
  }

  function look(): void {
    timerAt = Number.POSITIVE_INFINITY;
    if (isStopped) return;
    if (looking !== undefined) {
      lookIn(WAKE_MS);
      return;
    }
    looking = lookOnce()
      .catch((error) => log.warn({ err: error }, 'deliveries could not be looked for; it is tried again'))
      .finally(() => {
        looking = undefined;
        lookIn(LOOK_EVERY_MS);
      });
  }

  async function lookOnce(): Promise<void> {
    const ctx = ownCtx(deps, 'deliveries');
    const hasMore = await layOutSome(ctx).catch((error) => {
      log.warn({ err: error }, 'what is to be sent again could not be laid out; it is tried again');
      return false;
    });
    if (hasMore) lookIn(WAKE_MS);
    const waiting = await findWaiting.all(ctx.db, {});
    // Who has waited longest comes first.
    const due = waiting.filter(({ due_at }) => due_at <= ctx.now).sort((a, b) => a.due_at - b.due_at);
    const wanted = sharePlaces(due, inFlight(), places);
    if (wanted.length > 0) {
      const failing = new Set(due.filter(({ failing_since }) => failing_since !== null).map(({ id }) => id));
      for (const claimed of await claimDeliveries(ctx, claimant, wanted))
        begin(claimed, failing.has(claimed.webhookId));
    }
    const later = waiting.map(({ due_at }) => due_at - ctx.now).filter((ms) => ms > 0);
    if (later.length > 0) lookIn(Math.min(...later));
  }

  function inFlight() {
    const underWay = [...attempts.values()];
    return {
      all: underWay.length,
      failing: underWay.filter(({ isFailing }) => isFailing).length,
      to: (id: number) => underWay.filter(({ webhookId }) => webhookId === id).length,
    };
  }

  function begin(claimed: Claimed, isFailing: boolean): void {
    const attempt = deliver(claimed)
      .catch((error) => log.warn({ err: error }, 'how a delivery went could not be written; it is made again'))
      .finally(() => {
        attempts.delete(attempt);
        lookIn(0);
      });
    attempts.set(attempt, { webhookId: claimed.webhookId, isFailing });
  }

  async function deliver(claimed: Claimed): Promise<void> {
    const outcome = await send(deps, claimed, cutOff.signal);
    if (!outcome.isCutOff) await settle(deps, claimant.claimedBy, claimed, outcome);
  }

  async function stop(graceMs: number): Promise<void> {
    isStopped = true;
    clearTimeout(timer);
    await looking;
    const late = setTimeout(() => cutOff.abort(), graceMs);
    await Promise.all(attempts.keys());
    clearTimeout(late);
    const claims = { claimed_by: claimant.claimedBy, now: deps.now() };
    await db
      .write('deliveries.release', (writer) => releaseClaims.run(writer, claims))
      .catch((error) => log.warn({ err: error }, 'deliveries that were cut off are made again later'));
  }

  return {
    lookIn,
    stop,
    begin: async () => {
      // A server starts on a full disk too: what was held then comes up by itself a little later.
      if (isAlone)
        await db
          .write('deliveries.release', (writer) => releaseAllClaims.run(writer, { now: deps.now() }))
          .catch((error) => log.warn({ err: error }, 'deliveries that were cut off are made again later'));
      lookIn(0);
    },
  };
}
