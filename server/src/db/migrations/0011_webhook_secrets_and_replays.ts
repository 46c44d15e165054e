import type { Dialect } from '../database.ts';
import type { Migration } from './migration.ts';

/** The secret that is to follow a webhook's, and spans of events that are to be sent again. */
export const webhookSecretsAndReplays: Migration = { id: 11, name: 'webhook_secrets_and_replays', sql };

function sql(dialect: Dialect): readonly string[] {
  const int = dialect === 'sqlite' ? 'integer' : 'bigint';
  const keyed = dialect === 'sqlite' ? 'strict, without rowid' : '';
  return [
    `alter table webhooks add column next_secret text`,
    `alter table webhooks add column next_secret_at ${int}`,
    `create index webhooks_by_next_secret on webhooks (next_secret_at) where next_secret_at is not null`,
    `create table webhook_replays (webhook_id ${int} not null primary key references webhooks(id), from_at ${int} not null, to_at ${int} not null,
      next_id ${int} not null, last_id ${int} not null, created_at ${int} not null) ${keyed}`,
    `create index deliveries_by_event on deliveries (webhook_id, event_id) where event_id is not null`,
  ];
}
