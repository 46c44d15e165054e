import { sql } from 'kysely';
import { addOfEach } from '../../db/many.ts';
import { change, query } from '../../db/statement.ts';
import type { CounterName, TallyName } from '../../db/tables.ts';

/** One row all changes of its kind meet at: run it last, so that it is held for the shortest time. */
export const addToCounter = change((q, p: { name: CounterName; delta: number }) =>
  q
    .updateTable('counters')
    .set({ value: sql<number>`value + ${p.delta}` })
    .where('name', '=', p.name),
);

type Numbers<K extends string> = Readonly<Record<K, number>>;

export const addRoomMessages = addOfEach<Numbers<'container_id' | 'hour' | 'messages'>>(
  'room_hours',
  { container_id: 'bigint', hour: 'bigint', messages: 'bigint' },
  ['container_id', 'hour'],
);
export const addRoomJoins = addOfEach<Numbers<'container_id' | 'hour' | 'joins'>>(
  'room_hours',
  { container_id: 'bigint', hour: 'bigint', joins: 'bigint' },
  ['container_id', 'hour'],
);
export const addRoomReactions = addOfEach<Numbers<'container_id' | 'hour' | 'reactions'>>(
  'room_hours',
  { container_id: 'bigint', hour: 'bigint', reactions: 'bigint' },
  ['container_id', 'hour'],
);
export const addAuthorMessages = addOfEach<Numbers<'container_id' | 'hour' | 'author_id' | 'messages'>>(
  'room_author_hours',
  { container_id: 'bigint', hour: 'bigint', author_id: 'bigint', messages: 'bigint' },
  ['container_id', 'hour', 'author_id'],
);

export interface Tally extends Numbers<'hour' | 'stripe' | 'value'> {
  readonly name: TallyName;
}
export const addTallies = addOfEach<Tally>(
  'tallies',
  { name: 'text', hour: 'bigint', stripe: 'bigint', value: 'bigint' },
  ['name', 'hour', 'stripe'],
);

/** How many of a message's reactions were given in which hour. */
export const reactionHours = query((q, p: { message_id: number }) =>
  q
    .selectFrom('reactions')
    .where('message_id', '=', p.message_id)
    .groupBy(sql`created_at / 3600000`)
    .select([sql<number>`created_at / 3600000`.as('hour'), sql<number>`count(*)`.as('reactions')])
    .orderBy('hour'),
);

/** What a room has had since an hour, by the hour. */
export const roomHoursSince = query((q, p: { container_id: number; since: number }) =>
  q
    .selectFrom('room_hours')
    .where('container_id', '=', p.container_id)
    .where('hour', '>=', p.since)
    .orderBy('hour')
    .select(['hour', 'messages', 'joins', 'reactions']),
);
export const countRoomReactions = query((q, p: { container_id: number }) =>
  q
    .selectFrom('room_hours')
    .where('container_id', '=', p.container_id)
    .select(sql<number>`cast(coalesce(sum(reactions), 0) as bigint)`.as('reactions')),
);
