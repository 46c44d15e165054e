import { type Route, route } from '../../http/route.ts';
import { PathId } from '../../schemas.ts';
import { createRoom } from './create.ts';
import { deleteRoom } from './delete.ts';
import { listRooms } from './list.ts';
import { getRoom } from './read.ts';
import { CreateRoomBody, ListRoomsQuery, Room, RoomPage, UpdateRoomBody } from './schema.ts';
import { changeRoom } from './update.ts';

const tag = 'rooms';
const ofRoom = PathId('room_id');

export const roomRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/rooms',
    scope: 'rooms:read',
    limit: 'default',
    action: 'room.list',
    tag,
    summary: 'List rooms',
    query: ListRoomsQuery,
    answers: { 200: RoomPage },
    refusals: ['PERMISSION_DENIED'],
    handler: (ctx, { query }) => listRooms(ctx, query),
  }),
  route({
    method: 'POST',
    path: '/api/v1/rooms',
    scope: 'rooms:write',
    limit: 'create',
    action: 'room.create',
    tag,
    summary: 'Create a room',
    body: CreateRoomBody,
    answers: { 201: Room },
    refusals: ['PERMISSION_DENIED'],
    handler: (ctx, { body }) => createRoom(ctx, body),
  }),
  route({
    method: 'GET',
    path: '/api/v1/rooms/{room_id}',
    scope: 'rooms:read',
    limit: 'default',
    action: 'room.read',
    tag,
    summary: 'Get a room',
    params: ofRoom,
    answers: { 200: Room },
    refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND'],
    etag: true,
    handler: (ctx, { params }) => getRoom(ctx, params.room_id),
  }),
  route({
    method: 'PUT',
    path: '/api/v1/rooms/{room_id}',
    scope: 'rooms:write',
    limit: 'default',
    action: 'room.update',
    tag,
    summary: 'Change a room',
    params: ofRoom,
    body: UpdateRoomBody,
    answers: { 200: Room },
    refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND', 'UNPROCESSABLE'],
    handler: (ctx, { params, body }) => changeRoom(ctx, params.room_id, body),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/rooms/{room_id}',
    scope: 'rooms:write',
    limit: 'default',
    action: 'room.delete',
    tag,
    summary: 'Delete a room',
    params: ofRoom,
    answers: { 204: null, 200: Room },
    refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND'],
    handler: (ctx, { params }) => deleteRoom(ctx, params.room_id),
  }),
];
