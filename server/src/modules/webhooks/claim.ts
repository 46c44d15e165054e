import type { Ctx } from '../../context.ts';
import type { Writer } from '../../db/database.ts';
import { eventCatalogue } from '../../events.ts';
import type { LoggedEvent } from '../../log/read.ts';
import { loadFacts } from '../events/facts.ts';
import { claimDue, findClaimed, giveUp, keepBody } from './claim_store.ts';
import { renderBody } from './render.ts';
import type { SealedSecrets } from './secrets.ts';

export interface Wanted {
  readonly webhookId: number;
  readonly limit: number;
}

/** A delivery somebody has taken on, ready to be sent. */
export interface Claimed {
  readonly id: number;
  readonly webhookId: number;
  readonly messageId: string;
  readonly event: string;
  /** Attempts that have failed since it was taken up. */
  readonly step: number;
  readonly body: string;
  readonly traceparent: string | null;
  readonly url: string;
  readonly secrets: SealedSecrets;
  /** Since when every attempt at its webhook has failed. */
  readonly failingSince: number | null;
}

export interface Claimant {
  readonly claimedBy: string;
  readonly leaseMs: number;
}

/** Takes what is due, within one transaction; a body is made at its first attempt and kept, so that every other sends the same, until its message is deleted. */
export async function claimDeliveries(
  ctx: Ctx,
  { claimedBy, leaseMs }: Claimant,
  wanted: readonly Wanted[],
): Promise<Claimed[]> {
  return ctx.deps.db.write('deliveries.claim', async (db) => {
    const taken: number[] = [];
    for (const { webhookId, limit } of wanted) {
      const due = { webhook_id: webhookId, now: ctx.now, until: ctx.now + leaseMs, claimed_by: claimedBy, limit };
      for (const { id } of await claimDue.all(db, due)) taken.push(id);
    }
    const claimed: Claimed[] = [];
    for (const row of await findClaimed.all(db, taken)) {
      const kept = row.is_gone === 1 ? null : row.body;
      // A newer version's, on a node of an older one: it is due again when the claim ends, and some node can make it.
      if (kept === null && row.type !== null && !Object.hasOwn(eventCatalogue, row.type)) continue;
      const body = kept ?? (await renderOrGiveUp({ ...ctx, db }, db, row));
      if (body === undefined) continue;
      if (kept === null) await keepBody.run(db, { id: row.id, body });
      claimed.push({
        id: row.id,
        webhookId: row.webhook_id,
        messageId: row.message_id,
        event: row.event,
        step: row.step,
        body,
        traceparent: row.traceparent,
        url: row.url,
        secrets: row,
        failingSince: row.failing_since,
      });
    }
    return claimed;
  });
}

type Row = Awaited<ReturnType<typeof findClaimed.all>>[number];

/** One that cannot be made must not keep the others waiting: it ends here, undefined. */
async function renderOrGiveUp(ctx: Ctx, db: Writer, row: Row): Promise<string | undefined> {
  try {
    return await render(ctx, row);
  } catch (error) {
    ctx.deps.log.error({ err: error, delivery: row.id, event: row.event }, 'a delivery could not be made');
    await giveUp.run(db, { id: row.id });
    return undefined;
  }
}

async function render(ctx: Ctx, row: Row): Promise<string> {
  const event: LoggedEvent = {
    id: row.event_id ?? 0,
    xid: '0',
    type: row.type ?? row.event,
    container_id: row.container_id,
    message_id: row.subject_id,
    user_id: row.user_id,
    actor_id: row.actor_id ?? 0,
    version: row.version,
    data: JSON.parse(row.data ?? '{}'),
    created_at: row.happened_at ?? row.created_at,
  };
  const named = { id: row.message_id, event: row.event, webhook_id: row.webhook_id };
  return renderBody(ctx, event, named, await loadFacts(ctx, [event]));
}
