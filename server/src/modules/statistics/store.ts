import { sql } from 'kysely';
import { queryOfIds } from '../../db/many.ts';
import { query } from '../../db/statement.ts';
import type { TallyName } from '../../db/tables.ts';

interface Window {
  container_id: number;
  /** First hour. */
  since: number;
}

/** Who wrote how much, each with where the room then stood; one row with a null author when there is none. */
export const findAuthors = query((q, p: Window) =>
  q
    .selectFrom('containers as c')
    .leftJoin(
      (inner) =>
        inner
          .selectFrom('room_author_hours')
          .where('container_id', '=', p.container_id)
          .where('hour', '>=', p.since)
          .groupBy('author_id')
          .having(sql<number>`sum(messages)`, '>', sql.lit(0))
          .select(['author_id', sql<number>`cast(sum(messages) as bigint)`.as('messages')])
          .as('a'),
      (join) => join.onTrue(),
    )
    .where('c.id', '=', p.container_id)
    .select(['c.last_seq', 'c.message_count', 'a.author_id', 'a.messages']),
);

/** Who wrote what came after a place in the room, each with where the room then stood; one row with a null author when there is none. */
export const findWritten = query((q, p: { container_id: number; seq: number }) =>
  q
    .selectFrom('containers as c')
    .leftJoin('messages as m', (join) =>
      join.onRef('m.container_id', '=', 'c.id').on('m.seq', '>', p.seq).on('m.content', 'is not', null),
    )
    .where('c.id', '=', p.container_id)
    .select(['c.last_seq', 'c.message_count', 'm.author_id', 'm.created_at']),
);

export const findNames = queryOfIds((q, ids) =>
  q.selectFrom('users').where('id', 'in', ids).select(['id', 'username']),
);

export const counters = query((q) => q.selectFrom('counters').select(['name', 'value']));

/** All of a tally since an hour; without the hours, what it counts for all time stands in hour 0. */
export const tallyByHour = query((q, p: { name: TallyName; since: number }) =>
  q
    .selectFrom('tallies')
    .where('name', '=', p.name)
    .where('hour', '>=', p.since)
    .groupBy('hour')
    .orderBy('hour')
    .select(['hour', sql<number>`cast(sum(value) as bigint)`.as('value')]),
);
export const tallyOf = query((q, p: { name: TallyName; hour: number }) =>
  q
    .selectFrom('tallies')
    .where('name', '=', p.name)
    .where('hour', '=', p.hour)
    .select(sql<number>`cast(coalesce(sum(value), 0) as bigint)`.as('value')),
);

/** Spelled as in its index, which holds as many entries as it counts. */
export const countSeenSince = query((q, p: { since: number }) =>
  q
    .selectFrom('users')
    .where('last_seen', '>=', p.since)
    .where('is_deleted', '=', sql.lit(0))
    .select(sql<number>`count(*)`.as('users')),
);
