import { forgottenBefore, type Recount } from '../../db/recount.ts';

const hour = (at: string) => `${at} / 3600000`;
const sum = (name: string) => `cast(sum(${name}) as bigint) as ${name}`;
const ofLiving = `inner join containers as c on c.id = m.container_id and c.visibility <> 'deleted'`;
const ofRooms = `inner join containers as c on c.id = told.container_id and c.visibility in ('public', 'private')`;

/** Joins are counted from events; of hours whose events have been forgotten there is nothing to count. */
const isKept = (hour: string) => `${hour} * 3600000 >= ${forgottenBefore}`;

const roomHours: Recount = {
  of: 'room_hour',
  names: ['messages', 'joins', 'reactions'],
  from: `select told.container_id || ':' || told.hour as id, ${sum('messages')}, ${sum('joins')}, ${sum('reactions')},
      ${sum('counted_messages')}, ${sum('counted_joins')}, ${sum('counted_reactions')}
    from (
      select container_id, hour, messages, case when ${isKept('hour')} then joins else 0 end as joins, reactions, 0 as counted_messages, 0 as counted_joins, 0 as counted_reactions from room_hours
      union all select container_id, ${hour('created_at')}, 0, 0, 0, 1, 0, 0 from messages where content is not null
      union all select container_id, ${hour('created_at')}, 0, 0, 0, 0, 1, 0 from events where type = 'user_joined' and ${isKept(`(${hour('created_at')})`)}
      union all select m.container_id, ${hour('r.created_at')}, 0, 0, 0, 0, 0, 1 from reactions as r inner join messages as m on m.id = r.message_id
    ) as told ${ofRooms} group by told.container_id, told.hour`,
};

/** By the day: hours are folded into days after some time. */
const authors: Recount = {
  of: 'room_author_day',
  names: ['messages'],
  from: `select told.container_id || ':' || told.author_id || ':' || told.day as id, ${sum('messages')}, ${sum('counted_messages')}
    from (
      select container_id, author_id, hour / 24 as day, messages, 0 as counted_messages from room_author_hours
      union all select container_id, author_id, ${hour('created_at')} / 24, 0, 1 from messages where content is not null
    ) as told ${ofRooms} group by told.container_id, told.author_id, told.day`,
};

/** Of the hours only those that are shown are kept up when a room is deleted. */
const tallies: Recount = {
  of: 'tally',
  names: ['value'],
  from: `select told.name || ':' || told.hour as id, ${sum('value')}, ${sum('counted_value')}
    from (
      select name, hour, value, 0 as counted_value from tallies
      union all select 'messages', ${hour('m.created_at')}, 0, 1 from messages as m ${ofLiving} where m.content is not null
      union all select 'messages', 0, 0, 1 from messages as m ${ofLiving} where m.content is not null
      union all select 'reactions', 0, 0, 1 from reactions as r inner join messages as m on m.id = r.message_id ${ofLiving}
    ) as told where told.hour = 0 or told.hour > (select max(hour) from tallies) - 168 group by told.name, told.hour`,
};

export const statisticsRecounts: readonly Recount[] = [roomHours, authors, tallies];
