import type { Outcome } from '../../adapters/outgoing/outgoing.ts';
import { type Deps, lockStreams, ownCtx, write } from '../../context.ts';
import { isDelivered, resultOf } from './attempt.ts';
import type { Claimed } from './claim.ts';
import { endAttempt, holdSubject, markFailing, markWell } from './claim_store.ts';
import { disable, type Unreachable } from './disable.ts';
import { findActive } from './disable_store.ts';
import { nextAttempt } from './schedule.ts';

const DAY_MS = 86_400_000;

/**
 * Writes how an attempt went, when there is another, and whether the webhook is switched off for it. Does nothing for whoever holds the
 * delivery no longer.
 */
export async function settle(deps: Deps, claimedBy: string, claimed: Claimed, outcome: Outcome): Promise<void> {
  const ctx = ownCtx(deps, 'deliveries');
  const delivered = isDelivered(outcome);
  const step = claimed.step + 1;
  const asked = outcome.statusCode === 429 || outcome.statusCode === 503 ? outcome.retryAfterMs : null;
  const due_at = delivered ? null : nextAttempt(step, ctx.now, asked);
  const key = { id: claimed.webhookId };
  const judge = (failingSince: number | null) => unreachable(deps, ctx.now, outcome, failingSince);
  await write(ctx, 'deliveries.settle', async (ctx) => {
    const { db } = ctx;
    // Streams are locked before anything is written; one that is not to be told of this costs nobody a wait.
    const mayEnd = judge(claimed.failingSince) !== undefined;
    if (mayEnd) await lockStreams(ctx, { server: true });
    const subject = await holdSubject.first(db, { delivery_id: claimed.id });
    const ended = await endAttempt.run(db, {
      id: claimed.id,
      claimed_by: claimedBy,
      status: delivered ? 'delivered' : due_at === null ? 'exhausted' : 'failed',
      step,
      due_at,
      is_gone: subject?.is_gone ?? 0,
      ...resultOf(outcome),
    });
    if (ended === 0) return;
    if (delivered) await markWell.run(db, key);
    else await markFailing.run(db, { ...key, at: ctx.now });
    if (!mayEnd) return;
    const active = await findActive.first(db, key);
    const reason = active && judge(active.failing_since);
    if (reason) await disable(ctx, [active], reason);
  });
}

/** Why nothing more is sent there, if so. */
function unreachable(
  { config }: Deps,
  now: number,
  outcome: Outcome,
  failingSince: number | null,
): Unreachable | undefined {
  if (isDelivered(outcome)) return undefined;
  if (outcome.statusCode === 410) return 'gone';
  const days = config.WEBHOOK_DISABLE_AFTER_DAYS;
  return days > 0 && failingSince !== null && now - failingSince >= days * DAY_MS ? 'failing' : undefined;
}
