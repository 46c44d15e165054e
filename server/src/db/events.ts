import { commitOrder } from './commit_order.ts';
import type { Dialect } from './database.ts';

/** What is read of an event, with its place in the order of commits. */
export function eventColumns(dialect: Dialect) {
  const { xid } = commitOrder(dialect, 'e');
  const named = ['e.id', 'e.type', 'e.actor_id', 'e.container_id', 'e.message_id', 'e.user_id'] as const;
  return [...named, ...(['e.version', 'e.data', 'e.created_at'] as const), xid.as('xid')] as const;
}
