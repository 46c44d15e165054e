import { Type } from 'typebox';
import { okText } from '../../answer.ts';
import { type Route, route } from '../../http/route.ts';

export const metricsRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/metrics',
    scope: 'public',
    forOperators: true,
    limit: 'none',
    action: undefined,
    tag: 'health',
    summary: 'Read the metrics',
    plain: true,
    mediaType: 'text/plain; version=0.0.4; charset=utf-8',
    answers: { 200: Type.String() },
    refusals: ['NOT_FOUND'],
    handler: async ({ deps }) => okText(await deps.metrics.scrape()),
  }),
];
