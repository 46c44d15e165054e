import { Type } from 'typebox';
import { type Route, route } from '../../http/route.ts';
import { Component, Id, PathId, Strict } from '../../schemas.ts';
import { setTyping } from './type.ts';

const TypingState = Component('Typing', {
  room_id: Type.Optional(Id),
  conversation_id: Type.Optional(Id),
  typing: Type.Boolean(),
});
const shared = {
  method: 'POST',
  scope: 'messages:write',
  limit: 'default',
  tag: 'typing',
  body: Strict({ typing: Type.Boolean({ default: true, description: 'False when it has ended; else after 6 s.' }) }),
  bodyOptional: true,
  answers: { 200: TypingState },
} as const;

export const typingRoutes: readonly Route[] = [
  route({
    ...shared,
    path: '/api/v1/rooms/{room_id}/typing',
    action: 'room.type',
    summary: 'Say that I am typing in a room',
    params: PathId('room_id'),
    refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND', 'IDEMPOTENCY_MISMATCH'],
    handler: (ctx, { params, body }) => setTyping(ctx, 'room', params.room_id, body.typing),
  }),
  route({
    ...shared,
    path: '/api/v1/conversations/{conversation_id}/typing',
    action: 'conversation.type',
    summary: 'Say that I am typing in a conversation',
    params: PathId('conversation_id'),
    refusals: ['USER_BLOCKED', 'CONVERSATION_NOT_FOUND', 'IDEMPOTENCY_MISMATCH'],
    handler: (ctx, { params, body }) => setTyping(ctx, 'conversation', params.conversation_id, body.typing),
  }),
];
