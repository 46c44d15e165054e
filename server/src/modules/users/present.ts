import type { Ctx } from '../../context.ts';
import { timestamp } from '../../timestamp.ts';
import type { User } from './store.ts';

// Online is who holds a socket, and sockets do not exist yet.
const IS_ONLINE = false;

/** A profile without what is private. */
export function presentUser(ctx: Ctx, user: User) {
  return {
    id: user.id,
    uuid: user.uuid,
    username: user.username,
    display_name: user.display_name,
    avatar_url: user.avatar_url,
    status_message: user.status_message,
    role: user.role,
    is_online: IS_ONLINE,
    last_seen: timestamp(ctx.deps.authority.activity.lastSeen(user.id, user.last_seen)),
    created_at: timestamp(user.created_at),
    updated_at: timestamp(user.updated_at),
  };
}

/** A profile for its owner and for admins. */
export function presentWithEmail(ctx: Ctx, user: User) {
  const { id, uuid, username, ...rest } = presentUser(ctx, user);
  return { id, uuid, username, email: user.email, ...rest };
}

/** A person in a list of search results. */
export function presentFound(ctx: Ctx, user: User) {
  const { id, uuid, username, display_name, avatar_url, is_online, last_seen } = presentUser(ctx, user);
  return { id, uuid, username, display_name, avatar_url, is_online, last_seen };
}
