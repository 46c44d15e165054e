import { type Route, route } from '../../http/route.ts';
import { PathId } from '../../schemas.ts';
import { listRoomAudit, listServerAudit } from './list.ts';
import { AuditPage, AuditQuery } from './schema.ts';

export const auditRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/rooms/{room_id}/audit',
    scope: 'rooms:read',
    limit: 'default',
    action: 'room.audit',
    tag: 'moderation',
    summary: 'List what was done in a room',
    params: PathId('room_id'),
    query: AuditQuery,
    answers: { 200: AuditPage },
    refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND'],
    handler: (ctx, { params, query }) => listRoomAudit(ctx, params.room_id, query),
  }),
  route({
    method: 'GET',
    path: '/api/v1/admin/audit',
    scope: 'admin',
    limit: 'default',
    action: 'admin.audit',
    tag: 'admin',
    summary: 'List what was done on the server',
    query: AuditQuery,
    answers: { 200: AuditPage },
    refusals: ['PERMISSION_DENIED'],
    handler: (ctx, { query }) => listServerAudit(ctx, query),
  }),
];
