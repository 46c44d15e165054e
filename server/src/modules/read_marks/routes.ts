import { Type } from 'typebox';
import { type Route, route } from '../../http/route.ts';
import { Component, Id, Nullable, PathId, Strict } from '../../schemas.ts';
import { getUnread, markRead } from './mark.ts';

const tag = 'read marks';
const counts = { unread_count: Type.Integer(), mention_count: Type.Integer(), last_read_message_id: Nullable(Id) };
const ReadMark = Component('ReadMark', counts);
const Unread = Component('Unread', {
  rooms: Type.Array(Strict({ room_id: Id, ...counts })),
  conversations: Type.Array(Strict({ conversation_id: Id, ...counts })),
  total_unread: Type.Integer(),
  total_mentions: Type.Integer(),
});
const MarkBody = Strict({ message_id: Type.Optional(Id), unread: Type.Boolean({ default: false }) });

export const readMarkRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/api/v1/rooms/{room_id}/read',
    scope: 'messages:write',
    limit: 'default',
    action: 'room.mark_read',
    tag,
    summary: 'Move the read mark in a room',
    params: PathId('room_id'),
    body: MarkBody,
    bodyOptional: true,
    answers: { 200: ReadMark },
    refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND', 'MESSAGE_NOT_FOUND', 'IDEMPOTENCY_MISMATCH'],
    handler: (ctx, { params, body }) => markRead(ctx, 'room', params.room_id, body),
  }),
  route({
    method: 'POST',
    path: '/api/v1/conversations/{conversation_id}/read',
    scope: 'messages:write',
    limit: 'default',
    action: 'conversation.mark_read',
    tag,
    summary: 'Move the read mark in a conversation',
    params: PathId('conversation_id'),
    body: MarkBody,
    bodyOptional: true,
    answers: { 200: ReadMark },
    refusals: ['CONVERSATION_NOT_FOUND', 'MESSAGE_NOT_FOUND', 'IDEMPOTENCY_MISMATCH'],
    handler: (ctx, { params, body }) => markRead(ctx, 'conversation', params.conversation_id, body),
  }),
  route({
    method: 'GET',
    path: '/api/v1/users/me/unread',
    scope: 'messages:read',
    limit: 'default',
    action: 'user.update_self',
    tag,
    summary: 'List everything unread',
    answers: { 200: Unread },
    handler: (ctx) => getUnread(ctx),
  }),
];
