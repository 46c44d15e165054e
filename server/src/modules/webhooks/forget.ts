import { type Ctx, type WriteCtx, write } from '../../context.ts';
import { deleteDeliveriesOf, deleteOldDeliveries, findLeft } from './delivery_store.ts';
import { dropFormerSecrets } from './secret_store.ts';

const DAY_MS = 86_400_000;
/** So many at a time keep a transaction short. */
const AT_ONCE = 500;

/** Drops deliveries that are older than they are kept (WEBHOOK_KEPT_DAYS), with the bodies they carried. */
export async function forgetDeliveries(ctx: Ctx, signal?: AbortSignal): Promise<void> {
  const before = ctx.now - ctx.deps.config.WEBHOOK_KEPT_DAYS * DAY_MS;
  await inParts(ctx, ({ db }) => deleteOldDeliveries.run(db, { before, limit: AT_ONCE }), signal);
}

/** Drops what webhooks that are gone have left. */
export async function forgetLeftDeliveries(ctx: Ctx, signal?: AbortSignal): Promise<void> {
  for (const { webhook_id } of await findLeft.all(ctx.db, {}))
    await inParts(ctx, ({ db }) => deleteDeliveriesOf.run(db, { webhook_id, limit: AT_ONCE }), signal);
}

/** Drops former secrets whose day is over. */
export async function forgetFormerSecrets(ctx: Ctx): Promise<void> {
  await write(ctx, 'secrets.forget', ({ db, now }) => dropFormerSecrets.run(db, { now }));
}

async function inParts(ctx: Ctx, drop: (ctx: WriteCtx) => Promise<number>, signal?: AbortSignal): Promise<void> {
  while (!signal?.aborted && (await write(ctx, 'deliveries.forget', drop)) === AT_ONCE);
}
