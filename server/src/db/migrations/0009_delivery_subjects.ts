import type { Dialect } from '../database.ts';
import type { Migration } from './migration.ts';

/** The message a delivery is about, so that what was sent of it can be forgotten with it. */
export const deliverySubjects: Migration = { id: 9, name: 'delivery_subjects', sql };

function sql(dialect: Dialect): readonly string[] {
  return [
    `alter table deliveries add column about_message_id ${dialect === 'sqlite' ? 'integer' : 'bigint'}`,
    // What was not attempted yet has no body, and costs a send nothing here.
    `create index deliveries_about_message on deliveries (about_message_id) where about_message_id is not null and body is not null`,
  ];
}
