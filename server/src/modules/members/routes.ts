import { type Route, route } from '../../http/route.ts';
import { Id, PathId, Strict } from '../../schemas.ts';
import { addMember } from './add.ts';
import { joinRoom } from './join.ts';
import { leaveRoom } from './leave.ts';
import { listRoomMembers } from './list.ts';
import { removeMember } from './remove.ts';
import { AddMemberBody, Departure, ListMembersQuery, Member, MemberPage, SetRoleBody } from './schema.ts';
import { setMemberRole } from './set_role.ts';

const tag = 'members';
const ofRoom = PathId('room_id');
const inRoom = Strict({ room_id: Id, user_id: Id });

export const memberRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/rooms/{room_id}/members',
    scope: 'rooms:read',
    limit: 'default',
    action: 'member.list',
    tag,
    summary: 'List the members of a room',
    params: ofRoom,
    query: ListMembersQuery,
    answers: { 200: MemberPage },
    refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND'],
    handler: (ctx, { params, query }) => listRoomMembers(ctx, params.room_id, query),
  }),
  route({
    method: 'POST',
    path: '/api/v1/rooms/{room_id}/members',
    scope: 'rooms:write',
    limit: 'default',
    action: 'member.add',
    tag,
    summary: 'Add somebody to a room, or oneself to a public one',
    params: ofRoom,
    body: AddMemberBody,
    answers: { 201: Member },
    refusals: [
      'PERMISSION_DENIED',
      'ROOM_NOT_FOUND',
      'USER_NOT_FOUND',
      'RESOURCE_CONFLICT',
      'ROOM_FULL',
      'UNPROCESSABLE',
    ],
    handler: (ctx, { params, body }) => addMember(ctx, params.room_id, body),
  }),
  route({
    method: 'POST',
    path: '/api/v1/rooms/{room_id}/join',
    scope: 'rooms:write',
    limit: 'default',
    action: 'room.join',
    tag,
    summary: 'Join a room, however often it is asked',
    params: ofRoom,
    body: Strict({}),
    bodyOptional: true,
    answers: { 200: Member, 201: Member },
    refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND', 'ROOM_FULL'],
    handler: (ctx, { params }) => joinRoom(ctx, params.room_id),
  }),
  route({
    method: 'POST',
    path: '/api/v1/rooms/{room_id}/leave',
    scope: 'rooms:write',
    limit: 'default',
    action: 'room.leave',
    tag,
    summary: 'Leave a room, however often it is asked',
    params: ofRoom,
    body: Strict({}),
    bodyOptional: true,
    answers: { 204: null, 200: Departure },
    refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND', 'USER_NOT_FOUND', 'RESOURCE_CONFLICT'],
    handler: (ctx, { params }) => leaveRoom(ctx, params.room_id),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/rooms/{room_id}/members/{user_id}',
    scope: 'rooms:write',
    limit: 'default',
    action: 'member.set_role',
    tag,
    summary: 'Change the role of a member, or transfer the room',
    params: inRoom,
    body: SetRoleBody,
    answers: { 200: Member },
    refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND', 'USER_NOT_FOUND', 'RESOURCE_CONFLICT', 'UNPROCESSABLE'],
    handler: (ctx, { params, body }) => setMemberRole(ctx, params.room_id, params.user_id, body.role),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/rooms/{room_id}/members/{user_id}',
    scope: 'rooms:write',
    limit: 'default',
    action: 'member.remove',
    tag,
    summary: 'Remove a member, or leave',
    params: inRoom,
    answers: { 204: null, 200: Member },
    refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND', 'USER_NOT_FOUND', 'RESOURCE_CONFLICT'],
    handler: (ctx, { params }) => removeMember(ctx, params.room_id, params.user_id),
  }),
];
