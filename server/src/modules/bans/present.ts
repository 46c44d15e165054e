import { timestamp } from '../../timestamp.ts';
import type { BanWithUser } from './store.ts';

/** A ban as moderators see it. */
export function banOf(ban: BanWithUser) {
  return {
    room_id: ban.container_id,
    user_id: ban.user_id,
    username: ban.username,
    moderator_id: ban.moderator_id,
    reason: ban.reason,
    until: ban.until === null ? null : timestamp(ban.until),
    created_at: timestamp(ban.created_at),
  };
}
