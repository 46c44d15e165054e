import { query } from '../../db/statement.ts';

/** What a room or a conversation begins as: nothing in it yet. */
export const insertContainer = query(
  (q, p: { uuid: string; visibility: 'public' | 'private' | 'direct'; at: number }) =>
    q
      .insertInto('containers')
      .values({
        uuid: p.uuid,
        visibility: p.visibility,
        last_seq: 0,
        message_count: 0,
        root_count: 0,
        pinned_count: 0,
        pinned_root_count: 0,
        last_activity: p.at,
        created_at: p.at,
      })
      .returning('id'),
);
