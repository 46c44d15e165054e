import { queryOfIds, updateOfEach } from '../../db/many.ts';
import { query } from '../../db/statement.ts';

interface Slice {
  user_id: number;
  above: number;
  limit: number;
}

/** Rows of what somebody did or what was done to him, by id. */
export const rowsAbout = query((q, p: Slice) =>
  q
    .selectFrom('audit_log')
    .where(({ or, eb }) => or([eb('actor_id', '=', p.user_id), eb('user_id', '=', p.user_id)]))
    .where('id', '>', p.above)
    .orderBy('id')
    .limit(p.limit)
    .select(['id', 'actor_id', 'address', 'details']),
);

export const sealsOf = queryOfIds((q, ids) =>
  q
    .selectFrom('audit_seals')
    .where('audit_id', 'in', ids)
    .select([
      ...(['seq', 'audit_id', 'key_id', 'mac'] as const),
      ...(['address_salt', 'address_digest', 'address_erased', 'words_salt', 'words_digest', 'words_erased'] as const),
    ]),
);

interface Left {
  id: number;
  address: string;
  details: string;
}
export const keepOfRows = updateOfEach({ id: 'bigint', address: 'text', details: 'text' }, (q, p: Left) =>
  q.updateTable('audit_log').set({ address: p.address, details: p.details }).where('audit_log.id', '=', p.id),
);

interface Marked {
  seq: number;
  address_salt: string | null;
  address_erased: string | null;
  words_salt: string | null;
  words_erased: string | null;
}
export const markSeals = updateOfEach(
  { seq: 'bigint', address_salt: 'text', address_erased: 'text', words_salt: 'text', words_erased: 'text' },
  (q, p: Marked) =>
    q
      .updateTable('audit_seals')
      .set({
        address_salt: p.address_salt,
        address_erased: p.address_erased,
        words_salt: p.words_salt,
        words_erased: p.words_erased,
      })
      .where('audit_seals.seq', '=', p.seq),
);
