import { type Route, route } from '../../http/route.ts';
import { Id, PathId, Strict } from '../../schemas.ts';
import { liftBan } from './lift.ts';
import { listRoomBans } from './list.ts';
import { Ban, BanPage, ListQuery, SetBanBody } from './schema.ts';
import { setBan } from './set.ts';

const tag = 'moderation';
const ofPerson = Strict({ room_id: Id, user_id: Id });

export const banRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/rooms/{room_id}/bans',
    scope: 'rooms:read',
    limit: 'default',
    action: 'ban.list',
    tag,
    summary: 'List the bans of a room',
    params: PathId('room_id'),
    query: ListQuery,
    answers: { 200: BanPage },
    refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND'],
    handler: (ctx, { params, query }) => listRoomBans(ctx, params.room_id, query),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/rooms/{room_id}/bans/{user_id}',
    scope: 'rooms:write',
    limit: 'default',
    action: 'ban.set',
    tag,
    summary: 'Ban somebody from a room, or change the ban',
    params: ofPerson,
    body: SetBanBody,
    bodyOptional: true,
    answers: { 200: Ban },
    refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND', 'USER_NOT_FOUND', 'RESOURCE_CONFLICT', 'UNPROCESSABLE'],
    handler: (ctx, { params, body }) => setBan(ctx, params.room_id, params.user_id, body),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/rooms/{room_id}/bans/{user_id}',
    scope: 'rooms:write',
    limit: 'default',
    action: 'ban.set',
    tag,
    summary: 'Lift a ban',
    params: ofPerson,
    answers: { 204: null, 200: Ban },
    refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND', 'USER_NOT_FOUND', 'NOT_FOUND', 'RESOURCE_CONFLICT'],
    handler: (ctx, { params }) => liftBan(ctx, params.room_id, params.user_id),
  }),
];
