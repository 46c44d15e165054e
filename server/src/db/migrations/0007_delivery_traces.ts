import type { Migration } from './migration.ts';

/** The trace of the request that caused a delivery. */
export const deliveryTraces: Migration = {
  id: 7,
  name: 'delivery_traces',
  sql: () => ['alter table deliveries add column traceparent text'],
};
