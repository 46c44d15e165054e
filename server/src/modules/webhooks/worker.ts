import { randomUUID } from 'node:crypto';
import { type Deps, ownCtx } from '../../context.ts';
import { send, settle } from './attempt.ts';
import { type Claimed, claimDeliveries, type Wanted } from './claim.ts';
import { findWaiting, releaseAllClaims, releaseClaims } from './claim_store.ts';

/**
 * Delivers what is due, in the background. A process that is `isAlone` with its database knows at its start that whoever held something is gone.
 */
export interface DeliveryWorker {
  start(deps: Deps): Promise<void>;
  /** Something may be due: looked into within a moment, however often it is said. Lost before the start, which looks by itself. */
  wake(): void;
  /** Begins nothing more, gives what is on its way so many milliseconds, cuts off the rest. */
  stop(graceMs: number): Promise<void>;
}

/** A look costs some microseconds; commits may come by the thousand. */
const WAKE_MS = 10;
/** Other processes write deliveries too, and a clock may be put back. */
const LOOK_EVERY_MS = 5_000;
/** What an attempt may take beyond its own time before somebody else makes it. */
const LEASE_BEYOND_MS = 15_000;

export function createDeliveryWorker({ isAlone }: { isAlone: boolean }): DeliveryWorker {
  let running: ReturnType<typeof run> | undefined;
  return {
    start: async (deps) => {
      running = run(deps, isAlone);
      await running.begin();
    },
    wake: () => running?.lookIn(WAKE_MS),
    stop: async (graceMs) => running?.stop(graceMs),
  };
}

interface Waiting {
  readonly id: number;
  readonly failing_since: number | null;
  readonly due_at: number;
}

function run(deps: Deps, isAlone: boolean) {
  const { config, db, log } = deps;
  const claimant = { claimedBy: randomUUID(), leaseMs: config.WEBHOOK_ATTEMPT_SECONDS * 1_000 + LEASE_BEYOND_MS };
  const inFlight = new Map<number, number>();
  const attempts = new Set<Promise<void>>();
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
    const waiting = await findWaiting.all(ctx.db, {});
    const wanted = wantedOf(waiting.filter(({ due_at }) => due_at <= ctx.now));
    if (wanted.length > 0) {
      for (const claimed of await claimDeliveries(ctx, claimant, wanted)) begin(claimed);
    }
    const later = waiting.map(({ due_at }) => due_at - ctx.now).filter((ms) => ms > 0);
    if (later.length > 0) lookIn(Math.min(...later));
  }

  /**
   * As far as there is room, each webhook its share, who has waited longest first. Those that fail have one place each, and half of
   * all together: a crowd of dead receivers delays nobody who answers.
   */
  function wantedOf(due: readonly Waiting[]): Wanted[] {
    const byDue = [...due].sort((a, b) => a.due_at - b.due_at);
    const well = byDue.filter(({ failing_since }) => failing_since === null);
    const failing = byDue.filter(({ failing_since }) => failing_since !== null);
    const places = config.WEBHOOK_IN_FLIGHT;
    return [
      ...shared(well, places - attempts.size, config.WEBHOOK_IN_FLIGHT_EACH),
      ...shared(failing, Math.ceil(places / 2) - attempts.size, 1),
    ];
  }

  function shared(due: readonly Waiting[], places: number, each: number): Wanted[] {
    let free = places;
    return due.flatMap(({ id }) => {
      const limit = Math.min(free, each - (inFlight.get(id) ?? 0));
      if (limit <= 0) return [];
      free -= limit;
      return [{ webhookId: id, limit }];
    });
  }

  function begin(claimed: Claimed): void {
    const { webhookId } = claimed;
    inFlight.set(webhookId, (inFlight.get(webhookId) ?? 0) + 1);
    const attempt = deliver(claimed)
      .catch((error) => log.warn({ err: error }, 'how a delivery went could not be written; it is made again'))
      .finally(() => {
        attempts.delete(attempt);
        const left = (inFlight.get(webhookId) ?? 1) - 1;
        if (left === 0) inFlight.delete(webhookId);
        else inFlight.set(webhookId, left);
        lookIn(0);
      });
    attempts.add(attempt);
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
    await Promise.all(attempts);
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
