import { query } from '../../db/statement.ts';

/** A person somebody acts on in a room: the account, and the present membership if there is one. */
export const findTarget = query((q, p: { container_id: number; user_id: number }) =>
  q
    .selectFrom('users as u')
    .leftJoin('members as m', (join) =>
      join.onRef('m.user_id', '=', 'u.id').on('m.container_id', '=', p.container_id).on('m.left_at', 'is', null),
    )
    .where('u.id', '=', p.user_id)
    .where('u.is_deleted', '=', 0)
    .select(['u.id', 'u.username', 'u.role as server_role', 'm.role', 'm.joined_at', 'm.muted_until']),
);
