import { sql } from 'kysely';
import { query } from '../../db/statement.ts';
import type { TallyName } from '../../db/tables.ts';

interface Window {
  container_id: number;
  /** First hour. */
  since: number;
}

/** Who wrote most, at most ten, each with the number of all who wrote. */
export const topAuthors = query((q, p: Window) =>
  q
    .selectFrom((inner) =>
      inner
        .selectFrom('room_author_hours')
        .where('container_id', '=', p.container_id)
        .where('hour', '>=', p.since)
        .groupBy('author_id')
        .having(sql<number>`sum(messages)`, '>', sql.lit(0))
        .orderBy('messages', 'desc')
        .orderBy('author_id')
        .limit(sql.lit(10))
        .select([
          'author_id',
          sql<number>`cast(sum(messages) as bigint)`.as('messages'),
          sql<number>`count(*) over ()`.as('authors'),
        ])
        .as('a'),
    )
    .innerJoin('users as u', 'u.id', 'a.author_id')
    .orderBy('a.messages', 'desc')
    .orderBy('a.author_id')
    .select(['a.author_id', 'a.messages', 'a.authors', 'u.username']),
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
