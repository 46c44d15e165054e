import { sql } from 'kysely';
import { type CommitPosition, commitOrder } from '../db/commit_order.ts';
import { query } from '../db/statement.ts';

interface Somebody {
  readonly user_id: number;
  readonly is_guest: 0 | 1;
}

/** Where somebody is now, and what ended a stay after a place in the log; conversations are closed to guests. */
export const findPlacesOfPerson = query((q, p: Somebody & CommitPosition, dialect) =>
  q
    .selectFrom('members as m')
    .leftJoin('events as e', 'e.id', 'm.left_event')
    .where('m.user_id', '=', p.user_id)
    .where(({ or, eb }) => or([eb('m.left_at', 'is', null), commitOrder(dialect, 'e').after(p.xid, p.id)]))
    .where(sql<boolean>`(m.role <> 'peer' or ${p.is_guest} = 0)`)
    .select(['m.container_id', 'm.left_event']),
);
