import { change, query } from '../../db/statement.ts';

export const insertContainer = query((q, p: { uuid: string; now: number }) =>
  q
    .insertInto('containers')
    .values({
      uuid: p.uuid,
      visibility: 'public',
      last_seq: 0,
      message_count: 0,
      root_count: 0,
      pinned_count: 0,
      pinned_root_count: 0,
      last_activity: p.now,
      created_at: p.now,
    })
    .returning('id'),
);

interface NewRoom {
  id: number;
  name: string;
  name_folded: string;
  owner_id: number;
  max_members: number;
  now: number;
}

export const insertRoom = change((q, p: NewRoom) =>
  q.insertInto('rooms').values({
    id: p.id,
    name: p.name,
    name_folded: p.name_folded,
    description: null,
    topic: null,
    is_archived: 0,
    auto_join: 1,
    owner_id: p.owner_id,
    member_count: 1,
    max_members: p.max_members,
    slow_mode_seconds: 0,
    metadata: '{}',
    version: 1,
    updated_at: p.now,
  }),
);
