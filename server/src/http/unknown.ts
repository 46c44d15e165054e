import type { FastifyInstance, onRequestHookHandler } from 'fastify';
import { AppError } from '../errors.ts';
import type { CountUnknown } from './call.ts';
import { pathOf } from './request_log.ts';

/** Where sockets are let in. */
export const SOCKET_PATH = '/ws';
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Paths nobody serves are 404, and 405 where another method is served; counted first, as everything is. */
export async function refuseUnknown(app: FastifyInstance, count: CountUnknown): Promise<void> {
  const refuse: onRequestHookHandler = ({ call, raw }, _reply, done) => {
    count(call, (error) => {
      if (error) return done(error);
      const url = pathOf(raw.url ?? '');
      const allowed = methods.filter((method) => app.findRoute({ method, url }) !== null);
      if (allowed.length > 0) return done(new AppError('METHOD_NOT_ALLOWED', { allowed }));
      // Through a proxy that leaves the headers of an upgrade out, every socket ends here.
      done(new AppError('NOT_FOUND', url === SOCKET_PATH ? { reason: 'not_an_upgrade' } : {}));
    });
  };
  // As a hook: Fastify looks at the method and the body's type before it runs the handler, and refuses some in its own way.
  await app.register((unknown, _options, done) => {
    unknown.addHook('onRequest', refuse);
    unknown.setNotFoundHandler(() => {});
    done();
  });
}
