import { timestamp } from '../../timestamp.ts';
import { presenceOf, type Viewing } from './presence.ts';
import type { User } from './store.ts';

/** A profile without what is private. `hidden` are people whose presence the caller may not see. */
export function presentUser(ctx: Viewing, user: User, hidden: ReadonlySet<number>) {
  return {
    id: user.id,
    uuid: user.uuid,
    username: user.username,
    display_name: user.display_name,
    avatar_url: user.avatar_url,
    status_message: user.status_message,
    role: user.role,
    ...presenceOf(ctx.deps, user, hidden.has(user.id)),
    created_at: timestamp(user.created_at),
    updated_at: timestamp(user.updated_at),
  };
}

const nobodyHidden: ReadonlySet<number> = new Set();

/** A profile for its owner and for admins. */
export function presentWithEmail(ctx: Viewing, user: User, hidden = nobodyHidden) {
  const { id, uuid, username, ...rest } = presentUser(ctx, user, hidden);
  return { id, uuid, username, email: user.email, ...rest };
}

/** A person in a list of search results. */
export function presentFound(ctx: Viewing, user: User, hidden: ReadonlySet<number>) {
  const { id, uuid, username, display_name, avatar_url, is_online, status, last_seen } = presentUser(ctx, user, hidden);
  return { id, uuid, username, display_name, avatar_url, is_online, status, last_seen };
}
