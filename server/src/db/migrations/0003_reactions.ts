import type { Migration } from './migration.ts';

/** Who chose an emoji, in the order in which they are shown: without it showing the first ten would read all of them. */
export const reactions: Migration = { id: 3, name: 'reactions', sql };

function sql(): readonly string[] {
  return ['create index reactions_in_order on reactions (message_id, emoji, created_at, user_id)'];
}
