import { type Route, route } from '../../http/route.ts';
import { login } from './login.ts';
import { changePassword } from './password_change.ts';
import { refresh } from './refresh.ts';
import { register } from './register.ts';
import {
  EndedByLogout,
  LoginBody,
  LogoutQuery,
  PasswordBody,
  PasswordChanged,
  RefreshBody,
  RegisterBody,
  Session,
  SessionList,
  SessionParams,
  SessionsQuery,
  SignedIn,
} from './schema.ts';
import { endSession, listSessions, logout } from './sessions.ts';

const tag = 'auth';

const password = (method: 'PUT' | 'PATCH') =>
  route({
    method,
    path: '/api/v1/auth/password',
    scope: 'account',
    limit: 'default',
    action: 'session.manage',
    tag,
    summary: 'Change my password; my other sessions end',
    body: PasswordBody,
    answers: { 200: PasswordChanged },
    refusals: ['PERMISSION_DENIED'],
    handler: (ctx, { body }) => changePassword(ctx, body),
  });

export const authRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/v1/auth/login',
    scope: 'public',
    limit: 'login',
    action: undefined,
    tag,
    summary: 'Sign in',
    body: LoginBody,
    answers: { 200: SignedIn },
    refusals: ['INVALID_CREDENTIALS'],
    handler: (ctx, { body }) => login(ctx, body),
  }),
  route({
    method: 'POST',
    path: '/api/v1/auth/refresh',
    scope: 'public',
    limit: 'refresh',
    action: undefined,
    tag,
    summary: 'Exchange a refresh token for a new pair',
    body: RefreshBody,
    answers: { 200: SignedIn },
    refusals: ['INVALID_TOKEN'],
    handler: (ctx, { body }) => refresh(ctx, body.refresh_token),
  }),
  route({
    method: 'POST',
    path: '/api/v1/auth/register',
    scope: 'public',
    limit: 'register',
    action: undefined,
    tag,
    summary: 'Sign up',
    body: RegisterBody,
    answers: { 201: SignedIn },
    refusals: ['PERMISSION_DENIED', 'RESOURCE_CONFLICT'],
    handler: (ctx, { body }) => register(ctx, body),
  }),
  route({
    method: 'POST',
    path: '/api/v1/auth/logout',
    scope: 'account',
    limit: 'default',
    action: 'session.manage',
    tag,
    summary: 'Sign out',
    query: LogoutQuery,
    answers: { 204: null, 200: EndedByLogout },
    handler: (ctx, { query }) => logout(ctx, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/auth/sessions',
    scope: 'account',
    limit: 'default',
    action: 'session.manage',
    tag,
    summary: 'List my sessions',
    query: SessionsQuery,
    answers: { 200: SessionList },
    handler: (ctx, { query }) => listSessions(ctx, query),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/auth/sessions/{session_id}',
    scope: 'account',
    limit: 'default',
    action: 'session.manage',
    tag,
    summary: 'End one of my sessions',
    params: SessionParams,
    answers: { 204: null, 200: Session },
    refusals: ['NOT_FOUND'],
    handler: (ctx, { params }) => endSession(ctx, params.session_id),
  }),
  password('PUT'),
  password('PATCH'),
];
