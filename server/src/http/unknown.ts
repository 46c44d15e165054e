import type { FastifyInstance, onRequestHookHandler } from 'fastify';
import { AppError } from '../errors.ts';
import type { CountUnknown } from './call.ts';
import { pathOf } from './request_log.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Paths nobody serves are 404, and 405 where another method is served; counted first, as everything is. */
export async function refuseUnknown(app: FastifyInstance, count: CountUnknown): Promise<void> {
  const refuse: onRequestHookHandler = ({ call, raw }, _reply, done) => {
    count(call, (error) => {
      if (error) return done(error);
      const url = pathOf(raw.url ?? '');
      const allowed = methods.filter((method) => app.findRoute({ method, url }) !== null);
      done(allowed.length > 0 ? new AppError('METHOD_NOT_ALLOWED', { allowed }) : new AppError('NOT_FOUND'));
    });
  };
  // As a hook: Fastify looks at the method and the body's type before it runs the handler, and refuses some in its own way.
  await app.register((unknown, _options, done) => {
    unknown.addHook('onRequest', refuse);
    unknown.setNotFoundHandler(() => {});
    done();
  });
}
