import { Type } from 'typebox';
import { Component, Limit, Offset, Strict, Text, Timestamp } from '../../schemas.ts';
import { DisplayName, Email, OwnUser, Username } from '../users/schema.ts';
import { passwordFault } from './passwords.ts';

export const SignedIn = Component('SignedIn', {
  access_token: Type.String({ description: 'JWT, sent as `Authorization: Bearer`.' }),
  refresh_token: Type.String({ description: 'Opaque; good for one refresh.' }),
  expires_in: Type.Integer({ description: 'Seconds the access token lives.' }),
  user: OwnUser,
});

export const Session = Component('Session', {
  id: Type.String({ description: 'The `sid` of its tokens.' }),
  user_agent: Type.String(),
  created_at: Timestamp,
  last_used_at: Timestamp,
  current: Type.Boolean({ description: 'Whether this very request belongs to it.' }),
});

export const SessionList = Component('SessionList', {
  sessions: Type.Array(Session),
  total: Type.Integer(),
  has_more: Type.Boolean(),
});
export const EndedByLogout = Strict({ sessions: Type.Array(Session) });
export const PasswordChanged = Strict({ ended_sessions: Type.Array(Session) });

// Far above any password, so that a wrong one is 401 whatever its length.
const Password = Type.String({ minLength: 1, maxLength: 1_024 });
const NewPassword = Text(passwordFault, '8 to 256 characters.');

export const LoginBody = Strict({
  username: Type.String({ minLength: 1, maxLength: 254, description: 'User name or e-mail.' }),
  password: Password,
});
export const RefreshBody = Strict({ refresh_token: Type.String() });
export const RegisterBody = Strict({
  username: Username,
  email: Email,
  password: NewPassword,
  display_name: Type.Optional(DisplayName),
});
export const PasswordBody = Strict({ current_password: Password, new_password: NewPassword });
export const LogoutQuery = Strict({
  all: Type.Boolean({ default: false, description: 'End every session of mine.' }),
});
export const SessionsQuery = Strict({ limit: Limit, offset: Offset });
export const SessionParams = Strict({
  session_id: Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }),
});
