import { type Route, route } from '../../http/route.ts';
import { PathId } from '../../schemas.ts';
import { addReaction } from './add.ts';
import { listReactions } from './list.ts';
import { removeReaction } from './remove.ts';
import { AddBody, ListQuery, OfReaction, Reaction, Reactions } from './schema.ts';

const tag = 'messages';

export const reactionRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/messages/{message_id}/reactions',
    scope: 'messages:read',
    limit: 'default',
    action: 'message.list',
    tag,
    summary: 'List the reactions to a message',
    params: PathId('message_id'),
    query: ListQuery,
    answers: { 200: Reactions },
    refusals: ['PERMISSION_DENIED', 'MESSAGE_NOT_FOUND'],
    etag: true,
    handler: (ctx, { params, query }) => listReactions(ctx, params.message_id, query),
  }),
  route({
    method: 'POST',
    path: '/api/v1/messages/{message_id}/reactions',
    scope: 'messages:write',
    limit: 'change',
    action: 'reaction.add',
    tag,
    summary: 'React to a message',
    params: PathId('message_id'),
    body: AddBody,
    answers: { 201: Reactions, 200: Reactions },
    refusals: ['PERMISSION_DENIED', 'USER_BLOCKED', 'MESSAGE_NOT_FOUND', 'UNPROCESSABLE', 'IDEMPOTENCY_MISMATCH'],
    handler: (ctx, { params, body }) => addReaction(ctx, params.message_id, body.emoji),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/messages/{message_id}/reactions/{emoji}',
    scope: 'messages:write',
    limit: 'change',
    action: 'reaction.remove',
    tag,
    summary: 'Take a reaction back',
    params: OfReaction,
    answers: { 204: null, 200: Reaction },
    refusals: ['PERMISSION_DENIED', 'MESSAGE_NOT_FOUND', 'NOT_FOUND'],
    handler: (ctx, { params }) => removeReaction(ctx, params.message_id, params.emoji),
  }),
];
