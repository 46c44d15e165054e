import { type Route, route } from '../../http/route.ts';
import { PathId } from '../../schemas.ts';
import { changeStanding } from './change_standing.ts';
import { listUsers } from './list_users.ts';
import { AdminUser, AdminUserList, AdminUsersQuery, StandingBody } from './schema.ts';

const tag = 'admin';

export const adminRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/admin/users',
    scope: 'admin',
    limit: 'default',
    action: 'admin.users',
    tag,
    summary: 'List every account',
    query: AdminUsersQuery,
    answers: { 200: AdminUserList },
    refusals: ['PERMISSION_DENIED'],
    handler: (ctx, { query }) => listUsers(ctx, query),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/admin/users/{user_id}',
    scope: 'admin',
    limit: 'default',
    action: 'admin.users',
    tag,
    summary: 'Give a server role, suspend or restore',
    params: PathId('user_id'),
    body: StandingBody,
    answers: { 200: AdminUser },
    refusals: ['PERMISSION_DENIED', 'USER_NOT_FOUND', 'RESOURCE_CONFLICT'],
    handler: (ctx, { params, body }) => changeStanding(ctx, params.user_id, body),
  }),
];
