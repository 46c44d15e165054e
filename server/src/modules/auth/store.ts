import { query } from '../../db/statement.ts';

/** A session with what its user may be refused for. */
export const findSession = query((q, p: { id: string }) =>
  q
    .selectFrom('sessions as s')
    .innerJoin('users as u', 'u.id', 's.user_id')
    .where('s.id', '=', p.id)
    .select([
      's.id',
      's.user_id',
      's.expires_at',
      's.ended_at',
      'u.username',
      'u.role',
      'u.is_suspended',
      'u.is_deleted',
    ]),
);
