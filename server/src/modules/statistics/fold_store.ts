import { sql } from 'kysely';
import { change, query } from '../../db/statement.ts';

// The condition is spelled as in its index, which holds nothing that is folded.
const unfolded = sql<boolean>`hour % 24 <> 0`;

/** Some rooms whose authors are still counted by the hour before that one. */
export const findUnfolded = query((q, p: { before: number }) =>
  q
    .selectFrom('room_author_hours')
    .where(unfolded)
    .where('hour', '<', p.before)
    .orderBy('hour')
    .limit(sql.lit(500))
    .select('container_id'),
);

interface Room {
  container_id: number;
  before: number;
}

/** Adds what authors wrote in the hours of a day to its first hour. */
export const foldDays = change((q, p: Room) =>
  q
    .insertInto('room_author_hours')
    .columns(['container_id', 'hour', 'author_id', 'messages'])
    .expression((inner) =>
      inner
        .selectFrom('room_author_hours')
        .where(unfolded)
        .where('container_id', '=', p.container_id)
        .where('hour', '<', p.before)
        .groupBy(['container_id', 'author_id', sql`hour - hour % 24`])
        .select([
          'container_id',
          sql<number>`hour - hour % 24`.as('hour'),
          'author_id',
          sql<number>`sum(messages)`.as('messages'),
        ]),
    )
    .onConflict((there) =>
      there
        .columns(['container_id', 'hour', 'author_id'])
        .doUpdateSet({ messages: sql<number>`room_author_hours.messages + excluded.messages` }),
    ),
);

export const deleteUnfolded = change((q, p: Room) =>
  q
    .deleteFrom('room_author_hours')
    .where(unfolded)
    .where('container_id', '=', p.container_id)
    .where('hour', '<', p.before),
);
