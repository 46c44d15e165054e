import { sql } from 'kysely';
import { query } from '../db/statement.ts';

/** Where somebody is now; conversations are closed to guests. */
export const findPlacesOfPerson = query((q, p: { user_id: number; is_guest: 0 | 1 }) =>
  q
    .selectFrom('members')
    .where('user_id', '=', p.user_id)
    .where('left_at', 'is', null)
    .where(sql<boolean>`(role <> 'peer' or ${p.is_guest} = 0)`)
    .select('container_id'),
);
