import { type Ctx, type WriteCtx, write } from '../../context.ts';
import { deleteDeliveriesOf, deleteOldDeliveries } from './delivery_store.ts';

const DAY_MS = 86_400_000;
/** So many at a time keep a transaction short. */
const AT_ONCE = 500;

/** Drops deliveries that are older than they are kept (WEBHOOK_KEPT_DAYS), with the bodies they carried. */
export function forgetDeliveries(ctx: Ctx): Promise<void> {
  const before = ctx.now - ctx.deps.config.WEBHOOK_KEPT_DAYS * DAY_MS;
  return inParts(ctx, ({ db }) => deleteOldDeliveries.run(db, { before, limit: AT_ONCE }));
}

/** Drops what a webhook that is gone has left. */
export function forgetDeliveriesOf(ctx: Ctx, webhookId: number): Promise<void> {
  return inParts(ctx, ({ db }) => deleteDeliveriesOf.run(db, { webhook_id: webhookId, limit: AT_ONCE }));
}

async function inParts(ctx: Ctx, drop: (ctx: WriteCtx) => Promise<number>): Promise<void> {
  while ((await write(ctx, 'deliveries.forget', drop)) === AT_ONCE);
}
