import { sql } from 'kysely';
import { type CommitPosition, commitOrder, isAhead } from '../../db/commit_order.ts';
import { insertOfEach } from '../../db/many.ts';
import { type Builder, change, type Query, query } from '../../db/statement.ts';
import type { AuditMarkRow } from '../../db/tables.ts';

const columns = [
  'a.id',
  'a.event_id',
  'a.container_id',
  'a.action',
  'a.user_id',
  'a.actor_id',
  'a.details',
  'a.address',
  'a.created_at',
] as const;
const sealColumns = [
  's.seq',
  's.audit_id',
  's.key_id',
  's.address_salt',
  's.address_digest',
  's.address_erased',
  's.words_salt',
  's.words_digest',
  's.words_erased',
  's.mac',
] as const;

const unsealed = (q: Builder) =>
  q
    .selectFrom('audit_log as a')
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('audit_seals as s').whereRef('s.audit_id', '=', 'a.id').select('s.seq'))),
    );

/** What has no seal yet and can have one, in the order of commits. */
export const findUnsealed = query((q, p: CommitPosition & { limit: number }, dialect) => {
  const order = commitOrder(dialect, 'a');
  return unsealed(q)
    .where(order.after(p.xid, p.id))
    .where(order.settled)
    .orderBy(order.by)
    .limit(p.limit)
    .select([...columns, order.xid.as('xid')]);
});

/** What has no seal and stands where everything has one; of the rows above one id and up to another. */
export const findInserted = query((q, p: CommitPosition & { above: number; upTo: number }, dialect) => {
  const order = commitOrder(dialect, 'a');
  return unsealed(q)
    .where('a.id', '>', p.above)
    .where('a.id', '<=', p.upTo)
    .where(sql<boolean>`not (${order.after(p.xid, p.id)})`)
    .orderBy('a.id')
    .select('a.id');
});
/** The last of so many rows above an id; null when there is none. */
export const findStep = query((q, p: { above: number; limit: number }) =>
  q
    .selectFrom((inner) =>
      inner.selectFrom('audit_log').where('id', '>', p.above).orderBy('id').limit(p.limit).select('id').as('step'),
    )
    .select(({ fn }) => fn.max('step.id').as('id')),
);

/** Whether the place is one of another cluster, from which the database was restored: there is a row when it is. */
export const findRestored = query((q, p: { xid: string }, dialect) =>
  q.selectFrom('audit_marks').where('name', '=', 'head').where(isAhead(dialect, p.xid)).select('seq'),
);

export const insertSeals = insertOfEach('audit_seals', {
  seq: 'bigint',
  audit_id: 'bigint',
  key_id: 'text',
  address_salt: 'text',
  address_digest: 'text',
  address_erased: 'text',
  words_salt: 'text',
  words_digest: 'text',
  words_erased: 'text',
  mac: 'text',
});

export const findSeal = query((q, p: { seq: number }) =>
  q.selectFrom('audit_seals').where('seq', '=', p.seq).select(['seq', 'mac']),
);

/** A slice of the chain with its rows; null where a row is missing. */
export const sliceOfChain = query((q, p: { above: number; limit: number }) =>
  q
    .selectFrom('audit_seals as s')
    .leftJoin('audit_log as a', 'a.id', 's.audit_id')
    .where('s.seq', '>', p.above)
    .orderBy('s.seq')
    .limit(p.limit)
    .select([...sealColumns, ...columns]),
);
export type Link = typeof sliceOfChain extends Query<infer _, infer O> ? O : never;

export const findMark = query((q, p: { name: AuditMarkRow['name'] }) =>
  q
    .selectFrom('audit_marks')
    .where('name', '=', p.name)
    .select(['name', 'seq', 'mac', 'xid', 'audit_id', 'at', 'key_id', 'signature']),
);

export const putMark = change((q, p: AuditMarkRow) =>
  q
    .insertInto('audit_marks')
    .values({
      name: p.name,
      seq: p.seq,
      mac: p.mac,
      xid: p.xid,
      audit_id: p.audit_id,
      at: p.at,
      key_id: p.key_id,
      signature: p.signature,
    })
    .onConflict((there) =>
      there.column('name').doUpdateSet((eb) => ({
        seq: eb.ref('excluded.seq'),
        mac: eb.ref('excluded.mac'),
        xid: eb.ref('excluded.xid'),
        audit_id: eb.ref('excluded.audit_id'),
        at: eb.ref('excluded.at'),
        key_id: eb.ref('excluded.key_id'),
        signature: eb.ref('excluded.signature'),
      })),
    ),
);
