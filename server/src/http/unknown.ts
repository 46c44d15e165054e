import type { FastifyInstance, RouteHandlerMethod } from 'fastify';
import { AppError } from '../errors.ts';
import type { Call } from './call.ts';
import type { Replies } from './replies.ts';
import { pathOf } from './request_log.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Paths nobody serves are 404, and 405 where another method is served; counted first, as everything is. */
export function refuseUnknown(
  app: FastifyInstance,
  replies: Replies,
  count: (call: Call, done: (error?: Error) => void) => void,
): RouteHandlerMethod {
  return ({ call }, reply) => {
    count(call, (error) => {
      if (error) return replies.fail(call, error);
      const url = pathOf(reply.request.raw.url ?? '');
      const allowed = methods.filter((method) => app.findRoute({ method, url }) !== null);
      if (allowed.length > 0) replies.fail(call, new AppError('METHOD_NOT_ALLOWED', { allowed }));
      else replies.fail(call, new AppError('NOT_FOUND'));
    });
  };
}
