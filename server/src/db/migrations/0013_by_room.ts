import type { Dialect } from '../database.ts';
import type { Migration } from './migration.ts';

/**
 * What hangs on a message says in which room or conversation it is, so that all of it can be laid out by that
 * (docs/how-to/partition-large-tables.md). Null in what a version before wrote.
 */
export const byRoom: Migration = { id: 13, name: 'by_room', sql };

function sql(dialect: Dialect): readonly string[] {
  const int = dialect === 'sqlite' ? 'integer' : 'bigint';
  const columns = [
    `alter table reactions add column container_id ${int}`,
    `alter table message_revisions add column container_id ${int}`,
  ];
  // SQLite, which would make the tables anew for it, is never partitioned.
  if (dialect === 'sqlite') return columns;
  return [
    // In a partitioned table an id alone is not unique, nor is a uuid; each comes from one place, and the consistency check finds what
    // hangs on nothing. Whoever writes takes this table first too.
    `alter table messages drop constraint messages_parent_id_fkey, drop constraint messages_uuid_key`,
    `alter table message_revisions drop constraint message_revisions_message_id_fkey`,
    `alter table mentions drop constraint mentions_message_id_fkey`,
    `alter table reactions drop constraint reactions_message_id_fkey`,
    ...columns,
  ];
}
