import { type Static, Type } from 'typebox';
import { Component, Id, Limit, Lines, Nullable, Offset, Strict, Text, Timestamp } from '../../schemas.ts';
import { untilFault } from './until.ts';

const MAX_REASON = 500;

export const Ban = Component('Ban', {
  room_id: Id,
  user_id: Id,
  username: Type.String(),
  moderator_id: Id,
  reason: Nullable(Type.String()),
  until: Nullable(Type.String({ format: 'date-time', description: 'Null for a ban without end.' })),
  created_at: Timestamp,
});

export const BanPage = Component('BanPage', {
  bans: Type.Array(Ban),
  total: Type.Integer(),
  has_more: Type.Boolean(),
});

/** Whether it is in the future is for the action: a time in the past is well formed, but impossible. */
export const Until = Type.Optional(Nullable(Text(untilFault, 'RFC 3339, in the future; null for no end.')));
export const SetBanBody = Strict({
  reason: Type.Optional(Nullable(Lines(MAX_REASON))),
  until: Until,
});
export const ListQuery = Strict({ limit: Limit, offset: Offset });

export type SetBan = Static<typeof SetBanBody>;
export type ListOptions = Static<typeof ListQuery>;
