import type { Dialect } from '../database.ts';
import type { Migration } from './migration.ts';

/** What statistics are served from, with what was there before counted once. Hours are those since 1970, UTC. */
export const statistics: Migration = { id: 2, name: 'statistics', sql };

const HOUR_MS = 3_600_000;

function sql(dialect: Dialect): readonly string[] {
  const sqlite = dialect === 'sqlite';
  const int = sqlite ? 'integer' : 'bigint';
  const keyed = sqlite ? 'strict, without rowid' : '';
  const text = sqlite ? 'text' : 'text collate "C"';
  const living = `select m.container_id, m.author_id, m.created_at / ${HOUR_MS} as hour, c.visibility from messages as m
    inner join containers as c on c.id = m.container_id where m.content is not null and c.visibility <> 'deleted'`;
  const reacted = `select m.container_id, r.created_at / ${HOUR_MS} as hour, 0 as messages, 0 as joins, 1 as reactions, c.visibility from reactions as r
    inner join messages as m on m.id = r.message_id inner join containers as c on c.id = m.container_id where c.visibility <> 'deleted'`;
  return [
    `create table room_hours (container_id ${int} not null references containers(id), hour ${int} not null, messages ${int} not null default 0,
      joins ${int} not null default 0, reactions ${int} not null default 0, primary key (container_id, hour)) ${keyed}`,
    `create table room_author_hours (container_id ${int} not null references containers(id), hour ${int} not null,
      author_id ${int} not null references users(id), messages ${int} not null, primary key (container_id, hour, author_id)) ${keyed}`,
    // What is still kept by the hour; the first hour of a day is what days are folded into.
    `create index room_author_hours_unfolded on room_author_hours (hour, container_id) where hour % 24 <> 0`,
    `create table tallies (name ${text} not null, hour ${int} not null, stripe ${int} not null, value ${int} not null,
      primary key (name, hour, stripe)) ${keyed}`,
    `create index users_last_seen on users (last_seen) where is_deleted = 0`,
    `insert into room_hours (container_id, hour, messages, joins, reactions)
      select container_id, hour, sum(messages), sum(joins), sum(reactions) from (
        select container_id, hour, 1 as messages, 0 as joins, 0 as reactions, visibility from (${living}) as living
        union all select e.container_id, e.created_at / ${HOUR_MS}, 0, 1, 0, c.visibility from events as e
          inner join containers as c on c.id = e.container_id where e.type = 'user_joined'
        union all ${reacted}) as told
      where visibility in ('public', 'private') group by container_id, hour`,
    `insert into room_author_hours (container_id, hour, author_id, messages) select container_id, hour, author_id, count(*)
      from (${living}) as living where visibility <> 'direct' group by container_id, hour, author_id`,
    `insert into tallies (name, hour, stripe, value) select 'messages', hour, 0, count(*) from (${living}) as living group by hour`,
    `insert into tallies (name, hour, stripe, value) select 'messages', 0, 0, count(*) from (${living}) as living`,
    `insert into tallies (name, hour, stripe, value) select 'reactions', 0, 0, count(*) from (${reacted}) as reacted`,
    `insert into counters (name, value) select 'users', count(*) from users where is_deleted = 0`,
    `insert into counters (name, value) select 'conversations', count(*) from conversations`,
  ];
}
