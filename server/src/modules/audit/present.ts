import { timestamp } from '../../timestamp.ts';
import { withoutWords } from './details.ts';
import type { AuditEntry } from './store.ts';

/** A row of the log. Where a request came from is for admins; what two people say to each other for nobody else. */
export function presentEntry(entry: AuditEntry, isAdmin: boolean) {
  const isDirect = entry.visibility === 'direct';
  const actor = entry.actor_id === 0 ? null : entry.actor_id;
  return {
    id: entry.id,
    action: entry.action,
    details: isDirect ? withoutWords(entry.details) : JSON.parse(entry.details),
    user_id: entry.user_id,
    moderator_id: actor,
    actor_id: actor,
    room_id: isDirect ? null : entry.container_id,
    conversation_id: isDirect ? entry.container_id : null,
    ip_address: isAdmin && entry.address !== '' ? entry.address : null,
    created_at: timestamp(entry.created_at),
  };
}
