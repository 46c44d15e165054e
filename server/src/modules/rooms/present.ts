import { timestamp } from '../../timestamp.ts';
import { unreadCount } from '../read_marks/present.ts';
import type { ShownRoom } from './store.ts';

/** A room as one person sees it, as JSON text; unread counts are arithmetic on the membership, 0 without one. */
export function roomJson(room: ShownRoom): string {
  const isMember = room.role !== null;
  const { last_seq, last_read_seq, skipped_count } = room;
  const mark = { last_seq, last_read_seq: last_read_seq ?? 0, skipped_count: skipped_count ?? 0 };
  const unread = isMember ? unreadCount(mark) : 0;
  return (
    `{"id":${room.id},"uuid":"${room.uuid}","name":${JSON.stringify(room.name)}` +
    `,"description":${JSON.stringify(room.description)},"topic":${JSON.stringify(room.topic)}` +
    `,"is_public":${room.visibility === 'public'},"is_archived":${room.is_archived === 1},"auto_join":${room.auto_join === 1}` +
    `,"owner_id":${room.owner_id},"member_count":${room.member_count},"max_members":${room.max_members}` +
    `,"unread_count":${unread},"mention_count":${room.mention_count ?? 0},"my_role":${isMember ? `"${room.role}"` : 'null'}` +
    `,"last_activity":"${timestamp(room.last_activity)}","slow_mode_seconds":${room.slow_mode_seconds}` +
    `,"metadata":${room.metadata},"version":${room.version},"created_at":"${timestamp(room.created_at)}"` +
    `,"updated_at":"${timestamp(room.updated_at)}"}`
  );
}
