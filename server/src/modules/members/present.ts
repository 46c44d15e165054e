import { timestamp } from '../../timestamp.ts';
import { hiddenFrom, presenceOf, type Viewing } from '../users/presence.ts';
import type { MemberWithUser } from './store.ts';

/** Memberships with their people, as the caller, who reads the room, sees them. */
export async function membersOf(ctx: Viewing, members: readonly MemberWithUser[]) {
  const hidden = await hiddenFrom(
    ctx,
    members.map(({ user_id }) => user_id),
  );
  return members.map((member) => memberOf(ctx, member, hidden.has(member.user_id)));
}

function memberOf({ deps, now }: Viewing, member: MemberWithUser, isHidden: boolean) {
  const { user_id: id, last_seen, invisible_since, created_at } = member;
  const presence = presenceOf(deps, { id, last_seen, invisible_since, created_at }, isHidden);
  return { ...stayOf(member), ...presence, muted_until: mutedUntil(member, now) };
}

/** A membership as all are told of it: without presence, which a block hides from some. */
export const toldMember = (member: MemberWithUser, now: number) => ({
  ...stayOf(member),
  muted_until: mutedUntil(member, now),
});

const stayOf = (member: MemberWithUser) => ({
  room_id: member.container_id,
  user_id: member.user_id,
  username: member.username,
  display_name: member.display_name,
  avatar_url: member.avatar_url,
  role: member.role,
  joined_at: timestamp(member.joined_at),
});

const mutedUntil = ({ muted_until }: MemberWithUser, now: number): string | null =>
  muted_until !== null && muted_until > now ? timestamp(muted_until) : null;
