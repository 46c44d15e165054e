import type { Dialect } from '../database.ts';
import type { Migration } from './migration.ts';

/** What readers of the event log ask for: the events that ended somebody's access, and how people want to be seen. */
export const eventReaders: Migration = { id: 10, name: 'event_readers', sql };

function sql(dialect: Dialect): readonly string[] {
  return [
    `create index members_ended on members (user_id, left_event) where left_event is not null`,
    `alter table users add column status text not null default 'online'`,
    `alter table users add column invisible_since ${dialect === 'sqlite' ? 'integer' : 'bigint'}`,
  ];
}
