import { type Route, route } from '../../http/route.ts';
import { Id, PathId, Strict } from '../../schemas.ts';
import { ListQuery } from '../bans/schema.ts';
import { liftMute } from './lift.ts';
import { listRoomMutes } from './list.ts';
import { Mute, MutePage, SetMuteBody } from './schema.ts';
import { setMute } from './set.ts';

const tag = 'moderation';
const ofPerson = Strict({ room_id: Id, user_id: Id });

export const muteRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/rooms/{room_id}/mutes',
    scope: 'rooms:read',
    limit: 'default',
    action: 'mute.list',
    tag,
    summary: 'List the muted members of a room',
    params: PathId('room_id'),
    query: ListQuery,
    answers: { 200: MutePage },
    refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND'],
    handler: (ctx, { params, query }) => listRoomMutes(ctx, params.room_id, query),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/rooms/{room_id}/mutes/{user_id}',
    scope: 'rooms:write',
    limit: 'default',
    action: 'mute.set',
    tag,
    summary: 'Mute a member, or change the mute',
    params: ofPerson,
    body: SetMuteBody,
    bodyOptional: true,
    answers: { 200: Mute },
    refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND', 'USER_NOT_FOUND', 'RESOURCE_CONFLICT', 'UNPROCESSABLE'],
    handler: (ctx, { params, body }) => setMute(ctx, params.room_id, params.user_id, body),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/rooms/{room_id}/mutes/{user_id}',
    scope: 'rooms:write',
    limit: 'default',
    action: 'mute.set',
    tag,
    summary: 'Lift a mute',
    params: ofPerson,
    answers: { 204: null, 200: Mute },
    refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND', 'USER_NOT_FOUND', 'NOT_FOUND', 'RESOURCE_CONFLICT'],
    handler: (ctx, { params }) => liftMute(ctx, params.room_id, params.user_id),
  }),
];
