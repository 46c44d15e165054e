import { type Static, Type } from 'typebox';
import { Component, Limit, Offset, Strict } from '../../schemas.ts';
import { profileProperties, ServerRole } from '../users/schema.ts';

export const AdminUser = Component('AdminUser', {
  ...profileProperties,
  suspended: Type.Boolean(),
});

export const AdminUserList = Component('AdminUserList', {
  users: Type.Array(AdminUser),
  total: Type.Integer(),
  has_more: Type.Boolean(),
});

export const AdminUsersQuery = Strict({
  limit: Limit,
  offset: Offset,
  search: Type.Optional(
    Type.String({ minLength: 1, maxLength: 254, description: 'Beginnings of words of names, or of an e-mail.' }),
  ),
});
export type AdminUsersOptions = Static<typeof AdminUsersQuery>;

export const StandingBody = Strict({
  role: Type.Optional(ServerRole),
  suspended: Type.Optional(Type.Boolean()),
});
export type StandingChange = Static<typeof StandingBody>;
