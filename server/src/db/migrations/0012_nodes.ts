import type { Dialect } from '../database.ts';
import type { Migration } from './migration.ts';

/** The processes that run on one database, what of the work that runs once each has, and what they look for in the event log. */
export const nodes: Migration = { id: 12, name: 'nodes', sql, indexes };

function sql(dialect: Dialect): readonly string[] {
  const sqlite = dialect === 'sqlite';
  const int = sqlite ? 'integer' : 'bigint';
  const text = sqlite ? 'text' : 'text collate "C"';
  const keyed = sqlite ? 'strict, without rowid' : '';
  return [
    `create table nodes (id ${text} primary key, version text not null, started_at ${int} not null, seen_at ${int} not null) ${keyed}`,
    `create table leases (work ${text} primary key, node_id ${text} not null) ${keyed}`,
  ];
}

function indexes(dialect: Dialect): readonly string[] {
  const claimed =
    'create index if not exists deliveries_claimed on deliveries (claimed_by) where claimed_by is not null';
  if (dialect === 'sqlite') return [claimed];
  return [
    claimed,
    `create index if not exists events_acting on events (xid, id) where type in ('user_left', 'user_banned', 'room_deleted',
      'session_ended', 'user_updated', 'user_role_changed', 'user_suspended', 'user_restored')`,
  ];
}
