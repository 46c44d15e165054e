import { sql } from 'kysely';
import { queryOfIds } from '../../db/many.ts';
import { query } from '../../db/statement.ts';

/** The rooms and conversations that events are of. */
export const findPlaces = queryOfIds((q, ids) =>
  q
    .selectFrom('containers as c')
    .leftJoin('rooms as r', 'r.id', 'c.id')
    .where('c.id', 'in', ids)
    .select(['c.id', 'c.visibility', 'r.name', 'r.member_count']),
);

/** The messages whose threads replies are in. */
export const findRoots = queryOfIds((q, ids) =>
  q.selectFrom('messages').where('id', 'in', ids).select(['id', 'thread_count', 'version']),
);

/** Where people are, and where they were before. */
export const findPlacesOf = queryOfIds((q, ids) =>
  q.selectFrom('members').where('user_id', 'in', ids).select(['user_id', 'container_id']),
);

export const findAdmins = query((q, _: object) =>
  q.selectFrom('users').where('role', '=', sql.lit('admin')).select('id'),
);
