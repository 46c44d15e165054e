import { type Static, Type } from 'typebox';
import { Component, Id, Limit, Nullable, Offset, PresenceStatus, Strict, Text, Timestamp } from '../../schemas.ts';
import { avatarUrlFault, displayNameFault, emailFault, statusMessageFault, usernameFault } from './names.ts';

export const ServerRole = Type.Enum(['user', 'moderator', 'admin', 'guest', 'bot']);

const Card = {
  id: Id,
  uuid: Type.String(),
  username: Type.String(),
  display_name: Nullable(Type.String()),
  avatar_url: Nullable(Type.String()),
  is_online: Type.Boolean(),
  status: PresenceStatus,
  last_seen: Timestamp,
};

const EMAIL = 'At most 254 characters; shown to its owner and to admins only.';
const KnownEmail = Type.String({ description: EMAIL });

export const profileProperties = {
  id: Id,
  uuid: Type.String(),
  username: Type.String(),
  email: KnownEmail,
  display_name: Nullable(Type.String()),
  avatar_url: Nullable(Type.String()),
  status_message: Nullable(Type.String()),
  role: ServerRole,
  is_online: Type.Boolean(),
  status: PresenceStatus,
  last_seen: Timestamp,
  created_at: Timestamp,
  updated_at: Timestamp,
};

export const OwnUser = Component('OwnUser', profileProperties);
export const User = Component('User', { ...profileProperties, email: Type.Optional(KnownEmail) });

export const FoundUsers = Component('FoundUsers', {
  users: Type.Array(Strict(Card)),
  total: Type.Integer(),
  has_more: Type.Boolean(),
});

// By rules, whose reasons say more than a pattern does.
export const Username = Text((name) => usernameFault(name), '3 to 50 of A-Z a-z 0-9 _ -');
export const Email = Text(emailFault, EMAIL);
export const DisplayName = Nullable(Text(displayNameFault, '1 to 100 characters.'));

export const ProfileBody = Strict({
  username: Type.Optional(Username),
  email: Type.Optional(Email),
  display_name: Type.Optional(DisplayName),
  avatar_url: Type.Optional(Nullable(Text(avatarUrlFault, 'http or https, or the path of a file here.'))),
  status_message: Type.Optional(Nullable(Text(statusMessageFault, 'At most 200 characters.'))),
});
export type ProfileChange = Static<typeof ProfileBody>;

export const SearchQuery = Strict({
  q: Type.String({ minLength: 1, maxLength: 100, description: 'Beginnings of words of names.' }),
  limit: Limit,
  offset: Offset,
});
