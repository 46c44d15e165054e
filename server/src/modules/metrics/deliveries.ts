import type { Deps } from '../../context.ts';
import { type Sample, sample } from '../../metrics/sample.ts';
import { findWaiting } from '../webhooks/claim_store.ts';
import { countPending } from '../webhooks/count_store.ts';

export function measureAttempts({ webhooks }: Deps): Sample[] {
  const { running, outcomes, seconds } = webhooks.attempts;
  return [
    ...Array.from(outcomes, ([outcome, count]) => sample('veza_webhook_attempts_total', count, { outcome })),
    sample('veza_webhook_attempt_duration_seconds', seconds),
    sample('veza_webhook_attempts_running', running),
  ];
}

export async function measureDeliveries({ db, now }: Deps): Promise<Sample[]> {
  const pending = (await countPending.first(db.reader, {}))?.deliveries ?? 0;
  const waiting = await findWaiting.all(db.reader, {});
  const at = now();
  const oldest = waiting.reduce((first, { due_at }) => Math.min(first, due_at), at);
  return [
    sample('veza_webhook_deliveries_pending', pending),
    sample('veza_webhook_oldest_due_seconds', (at - oldest) / 1_000),
  ];
}
