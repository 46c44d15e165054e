import { sql } from 'kysely';
import { query } from '../db/statement.ts';

/** How somebody wants to be seen. */
export const findStanding = query((q, p: { user_id: number }) =>
  q
    .selectFrom('users')
    .where('id', '=', p.user_id)
    .select(['username', 'role', 'status', 'status_message', 'last_seen', 'created_at', 'invisible_since']),
);

/** Those between whom and somebody a block stands, whoever made it. */
export const findBlockedWith = query((q, p: { user_id: number }) =>
  q
    .selectFrom('members as me')
    .innerJoin('containers as c', 'c.id', 'me.container_id')
    .innerJoin('members as side', 'side.container_id', 'me.container_id')
    .innerJoin('members as peer', (join) =>
      join.onRef('peer.container_id', '=', 'me.container_id').onRef('peer.user_id', '!=', 'me.user_id'),
    )
    .where('me.user_id', '=', p.user_id)
    .where('me.left_at', 'is', null)
    .where('c.visibility', '=', sql.lit('direct'))
    .where('side.has_blocked', '=', sql.lit(1))
    .select('peer.user_id'),
);

export const findVisibility = query((q, p: { id: number }) =>
  q.selectFrom('containers').where('id', '=', p.id).select('visibility'),
);
