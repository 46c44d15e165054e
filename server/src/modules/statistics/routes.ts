import { type Route, route } from '../../http/route.ts';
import { PathId } from '../../schemas.ts';
import { getRoomStatistics } from './room.ts';
import { PeriodQuery, RoomStatistics, ServerStatistics } from './schema.ts';
import { getServerStatistics } from './server.ts';

export const statisticsRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/rooms/{room_id}/stats',
    scope: 'rooms:read',
    limit: 'default',
    action: 'room.statistics',
    tag: 'statistics',
    summary: 'Get the statistics of a room',
    params: PathId('room_id'),
    query: PeriodQuery,
    answers: { 200: RoomStatistics },
    refusals: ['PERMISSION_DENIED', 'ROOM_NOT_FOUND'],
    handler: (ctx, { params, query }) => getRoomStatistics(ctx, params.room_id, query.period),
  }),
  route({
    method: 'GET',
    path: '/api/v1/admin/stats',
    scope: 'admin',
    limit: 'default',
    action: 'admin.read',
    tag: 'admin',
    summary: 'Get the statistics of the server',
    answers: { 200: ServerStatistics },
    refusals: ['PERMISSION_DENIED'],
    handler: (ctx) => getServerStatistics(ctx),
  }),
];
