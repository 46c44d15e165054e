import { type CommitPosition, commitOrder } from '../../db/commit_order.ts';
import { change, query } from '../../db/statement.ts';

export const oldestOf = query((q, p: { limit: number }, dialect) => {
  const order = commitOrder(dialect, 'e');
  return q
    .selectFrom('events as e')
    .where(order.settled)
    .orderBy(order.by)
    .limit(p.limit)
    .select(['e.id', 'e.created_at', order.xid.as('xid')]);
});

export const deleteUpTo = change((q, p: CommitPosition, dialect) =>
  q.deleteFrom('events').where(commitOrder(dialect, 'events').upTo(p.xid, p.id)),
);

export const putSetting = change((q, p: { key: string; value: string }) =>
  q
    .insertInto('settings')
    .values({ key: p.key, value: p.value })
    .onConflict((taken) => taken.column('key').doUpdateSet({ value: p.value })),
);
