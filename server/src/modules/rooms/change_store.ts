import { sql } from 'kysely';
import { change } from '../../db/statement.ts';
import type { Flag } from '../../db/tables.ts';

/** Statements that make, change and end rooms. */
interface RoomSettings {
  id: number;
  name: string;
  name_folded: string;
  description: string | null;
  topic: string | null;
  is_archived: Flag;
  auto_join: Flag;
  max_members: number;
  slow_mode_seconds: number;
  metadata: string;
  updated_at: number;
}

const settings = (p: RoomSettings) => ({
  name: p.name,
  name_folded: p.name_folded,
  description: p.description,
  topic: p.topic,
  is_archived: p.is_archived,
  auto_join: p.auto_join,
  max_members: p.max_members,
  slow_mode_seconds: p.slow_mode_seconds,
  metadata: p.metadata,
  updated_at: p.updated_at,
});

/** A room whose owner is about to become its first member. */
export const insertRoom = change((q, p: RoomSettings & { owner_id: number }) =>
  q.insertInto('rooms').values({ ...settings(p), id: p.id, owner_id: p.owner_id, member_count: 0, version: 1 }),
);

export const updateRoom = change((q, p: RoomSettings) =>
  q
    .updateTable('rooms')
    .set({ ...settings(p), version: sql<number>`version + 1` })
    .where('id', '=', p.id),
);

export const setOwner = change((q, p: { id: number; owner_id: number; updated_at: number }) =>
  q
    .updateTable('rooms')
    .set({ owner_id: p.owner_id, updated_at: p.updated_at, version: sql<number>`version + 1` })
    .where('id', '=', p.id),
);

/** The last change of a room: nobody is in it any more. */
export const emptyRoom = change((q, p: { id: number; updated_at: number }) =>
  q
    .updateTable('rooms')
    .set({ member_count: 0, updated_at: p.updated_at, version: sql<number>`version + 1` })
    .where('id', '=', p.id),
);

export const setVisibility = change((q, p: { id: number; visibility: 'public' | 'private' | 'deleted' }) =>
  q.updateTable('containers').set({ visibility: p.visibility }).where('id', '=', p.id),
);
