import { type Static, Type } from 'typebox';
import { Component, Id, Limit, Nullable, Offset, PresenceStatus, Strict, Timestamp } from '../../schemas.ts';

const Role = Type.Enum(['owner', 'moderator', 'member']);

const stay = {
  room_id: Id,
  user_id: Id,
  username: Type.String(),
  display_name: Nullable(Type.String()),
  avatar_url: Nullable(Type.String()),
  role: Role,
  joined_at: Timestamp,
};
const muted_until = Nullable(
  Type.String({ format: 'date-time', description: 'The end of the year 9999 for a mute without end.' }),
);

export const Member = Component('Member', {
  ...stay,
  is_online: Type.Boolean(),
  status: PresenceStatus,
  last_seen: Timestamp,
  muted_until,
});
/** As all are told of it, without presence. */
export const ToldMember = Type.Object({ ...stay, muted_until });

export const MemberPage = Component('MemberPage', {
  members: Type.Array(Member),
  total: Type.Integer({ description: 'Members with the role asked for.' }),
  has_more: Type.Boolean(),
});

export const Departure = Component('Departure', { room_id: Id, user_id: Id, left_at: Timestamp });

export const ListMembersQuery = Strict({
  limit: Limit,
  offset: Offset,
  role: Type.Enum(['owner', 'moderator', 'member', 'all'], { default: 'all' }),
});
export const AddMemberBody = Strict({ user_id: Id, role: Type.Optional(Role) });
export const SetRoleBody = Strict({ role: Role });

export type ListMembers = Static<typeof ListMembersQuery>;
export type AddMember = Static<typeof AddMemberBody>;
export type Role = Static<typeof Role>;
