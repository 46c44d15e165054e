import { sql } from 'kysely';
import { change } from '../../db/statement.ts';
import type { Status } from '../../db/tables.ts';

/** Invisible since the first time it was said. */
export const setStatus = change((q, p: { id: number; status: Status; at: number }) =>
  q
    .updateTable('users')
    .set({
      status: p.status,
      invisible_since: sql<
        number | null
      >`case when ${p.status} = 'invisible' then coalesce(invisible_since, ${p.at}) end`,
    })
    .where('id', '=', p.id),
);
