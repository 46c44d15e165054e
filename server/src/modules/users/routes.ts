import { type Route, route } from '../../http/route.ts';
import { PathId } from '../../schemas.ts';
import { getMe, getUser } from './read.ts';
import { FoundUsers, OwnUser, ProfileBody, SearchQuery, User } from './schema.ts';
import { findPeople } from './search.ts';
import { updateMe } from './update.ts';

const tag = 'users';

export const userRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/users/me',
    scope: 'users:read',
    limit: 'default',
    action: 'user.read',
    tag,
    summary: 'Get my profile',
    answers: { 200: OwnUser },
    etag: true,
    handler: (ctx) => getMe(ctx),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/users/me',
    scope: 'users:write',
    limit: 'default',
    action: 'user.update_self',
    tag,
    summary: 'Change my profile',
    body: ProfileBody,
    answers: { 200: OwnUser },
    refusals: ['RESOURCE_CONFLICT'],
    handler: (ctx, { body }) => updateMe(ctx, body),
  }),
  route({
    method: 'GET',
    path: '/api/v1/users/search',
    scope: 'users:read',
    limit: 'search',
    action: 'user.search',
    tag,
    summary: 'Find people by name',
    query: SearchQuery,
    answers: { 200: FoundUsers },
    refusals: ['PERMISSION_DENIED'],
    handler: (ctx, { query }) => findPeople(ctx, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/users/{user_id}',
    scope: 'users:read',
    limit: 'default',
    action: 'user.read',
    tag,
    summary: 'Get the profile of a person',
    params: PathId('user_id'),
    answers: { 200: User },
    refusals: ['USER_NOT_FOUND'],
    etag: true,
    handler: (ctx, { params }) => getUser(ctx, params.user_id),
  }),
];
