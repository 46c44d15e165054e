import { commitOrder } from '../../db/commit_order.ts';
import { change, query } from '../../db/statement.ts';

/** The beginning of what is left of the chain, as far as its rows are there. */
export const oldestOfChain = query((q, p: { above: number; limit: number }, dialect) =>
  q
    .selectFrom('audit_seals as s')
    .innerJoin('audit_log as a', 'a.id', 's.audit_id')
    .where('s.seq', '>', p.above)
    .orderBy('s.seq')
    .limit(p.limit)
    .select(['s.seq', 's.mac', 's.audit_id', 'a.created_at', commitOrder(dialect, 'a').xid.as('xid')]),
);

interface Range {
  from: number;
  upTo: number;
}

export const deleteRows = change((q, p: Range) =>
  q
    .deleteFrom('audit_log')
    .where('id', 'in', (inner) =>
      inner.selectFrom('audit_seals').where('seq', '>', p.from).where('seq', '<=', p.upTo).select('audit_id'),
    ),
);
export const deleteSeals = change((q, p: Range) =>
  q.deleteFrom('audit_seals').where('seq', '>', p.from).where('seq', '<=', p.upTo),
);
