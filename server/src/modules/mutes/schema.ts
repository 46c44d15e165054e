import { type Static, Type } from 'typebox';
import { Component, Id, Nullable, Strict } from '../../schemas.ts';
import { Until } from '../bans/schema.ts';

export const Mute = Component('Mute', {
  room_id: Id,
  user_id: Id,
  username: Type.String(),
  until: Nullable(Type.String({ format: 'date-time', description: 'Null for a mute without end.' })),
});

export const MutePage = Component('MutePage', {
  mutes: Type.Array(Mute),
  total: Type.Integer(),
  has_more: Type.Boolean(),
});

export const SetMuteBody = Strict({ until: Until });

export type SetMute = Static<typeof SetMuteBody>;
