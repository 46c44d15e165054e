import { Type } from 'typebox';
import { type Route, route } from '../../http/route.ts';
import { Component, Id, Limit, Nullable, Offset, PathId, PresenceStatus, Strict, Timestamp } from '../../schemas.ts';
import { blockConversation, getConversation, listConversations, openConversation } from './conversations.ts';

const tag = 'conversations';
const params = PathId('conversation_id');

const Conversation = Component('Conversation', {
  id: Id,
  uuid: Type.String(),
  other_user: Strict({
    id: Id,
    username: Type.String(),
    display_name: Nullable(Type.String()),
    avatar_url: Nullable(Type.String()),
    is_online: Type.Boolean(),
    status: PresenceStatus,
    last_seen: Timestamp,
  }),
  last_message: Type.Optional(
    Nullable(Strict({ id: Id, content: Nullable(Type.String()), author_id: Id, created_at: Timestamp })),
  ),
  unread_count: Type.Integer(),
  mention_count: Type.Integer(),
  is_blocked: Type.Boolean({ description: 'Either side has blocked the other.' }),
  blocked_by_me: Type.Boolean(),
  created_at: Timestamp,
  updated_at: Timestamp,
});
const ConversationList = Component('ConversationList', {
  conversations: Type.Array(Conversation),
  total: Type.Integer(),
  has_more: Type.Boolean(),
});
const ListQuery = Strict({
  limit: Limit,
  offset: Offset,
  include_last_message: Type.Boolean({ default: true }),
});

export const conversationRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/conversations',
    scope: 'messages:read',
    limit: 'default',
    action: 'conversation.list',
    tag,
    summary: 'List my conversations',
    query: ListQuery,
    answers: { 200: ConversationList },
    refusals: ['PERMISSION_DENIED'],
    handler: (ctx, { query }) => listConversations(ctx, query),
  }),
  route({
    method: 'POST',
    path: '/api/v1/conversations',
    scope: 'messages:write',
    limit: 'create',
    action: 'conversation.create',
    tag,
    summary: 'Open the conversation with a user',
    body: Strict({ user_id: Id }),
    answers: { 200: Conversation, 201: Conversation },
    refusals: ['PERMISSION_DENIED', 'USER_NOT_FOUND', 'UNPROCESSABLE', 'IDEMPOTENCY_MISMATCH'],
    handler: (ctx, { body }) => openConversation(ctx, body.user_id),
  }),
  route({
    method: 'GET',
    path: '/api/v1/conversations/{conversation_id}',
    scope: 'messages:read',
    limit: 'default',
    action: 'conversation.read',
    tag,
    summary: 'Get a conversation',
    params,
    answers: { 200: Conversation },
    refusals: ['CONVERSATION_NOT_FOUND'],
    etag: true,
    handler: (ctx, { params: { conversation_id } }) => getConversation(ctx, conversation_id),
  }),
  route({
    method: 'POST',
    path: '/api/v1/conversations/{conversation_id}/block',
    scope: 'messages:write',
    limit: 'default',
    action: 'conversation.block',
    tag,
    summary: 'Block or unblock the other side',
    params,
    body: Strict({ blocked: Type.Boolean({ default: true }) }),
    bodyOptional: true,
    answers: { 200: Conversation },
    refusals: ['CONVERSATION_NOT_FOUND', 'IDEMPOTENCY_MISMATCH'],
    handler: (ctx, { params: { conversation_id }, body }) => blockConversation(ctx, conversation_id, body.blocked),
  }),
];
