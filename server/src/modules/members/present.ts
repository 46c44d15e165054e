import type { Deps } from '../../context.ts';
import { timestamp } from '../../timestamp.ts';
import type { MemberWithUser } from './store.ts';

/** A membership with its person, as every reader of the room sees it. */
export function memberOf({ authority }: Pick<Deps, 'authority'>, member: MemberWithUser, now: number) {
  const { muted_until } = member;
  return {
    room_id: member.container_id,
    user_id: member.user_id,
    username: member.username,
    display_name: member.display_name,
    avatar_url: member.avatar_url,
    role: member.role,
    joined_at: timestamp(member.joined_at),
    // Being online means to hold a socket, and there are none yet.
    is_online: false,
    last_seen: timestamp(authority.activity.lastSeen(member.user_id, member.last_seen)),
    muted_until: muted_until !== null && muted_until > now ? timestamp(muted_until) : null,
  };
}
