import type { Migration } from './migration.ts';

/** Finds what has failed lately; what was delivered, which is nearly all, has no entry. */
export const failedDeliveries: Migration = {
  id: 8,
  name: 'failed_deliveries',
  sql: () => [
    `create index deliveries_failed on deliveries (created_at) where status in ('failed', 'exhausted') and event_id is not null`,
  ],
};
