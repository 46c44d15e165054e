import type { Dialect } from '../database.ts';
import type { Migration } from './migration.ts';

/** The chain over the audit log, and what lists of it are read by. */
export const auditSeals: Migration = { id: 4, name: 'audit_seals', sql };

function sql(dialect: Dialect): readonly string[] {
  const sqlite = dialect === 'sqlite';
  const int = sqlite ? 'integer' : 'bigint';
  const strict = sqlite ? 'strict' : '';
  const keyed = sqlite ? 'strict, without rowid' : '';
  const text = sqlite ? 'text' : 'text collate "C"';
  return [
    // The single writer of SQLite gives ids in the order of commits; elsewhere rows carry their transaction, as events do.
    ...(sqlite
      ? []
      : [
          `alter table audit_log add column xid xid8 not null default pg_current_xact_id()`,
          `create index audit_log_in_order on audit_log (xid, id)`,
        ]),
    `create index audit_log_by_user on audit_log (user_id, id)`,
    `create index audit_log_by_actor on audit_log (actor_id, id)`,
    `create index audit_log_by_action on audit_log (action, id)`,
    `create index audit_log_by_time on audit_log (created_at)`,
    // A salt goes when what it was for is erased; what then stands beside it says that the server did it.
    `create table audit_seals (seq ${int} primary key, audit_id ${int} not null unique, key_id text not null,
      address_salt text, address_digest text not null, address_erased text,
      words_salt text, words_digest text not null, words_erased text, mac text not null) ${strict}`,
    `create table audit_marks (name ${text} primary key, seq ${int} not null, mac text not null, xid text not null, audit_id ${int} not null,
      at ${int} not null, key_id text not null, signature text not null) ${keyed}`,
  ];
}
