import type { FastifyInstance, onRequestHookHandler } from 'fastify';
import { AppError } from '../errors.ts';

/** A hook that refuses from the moment the server begins to close: what is under way is answered, but nobody should send more. */
export function refuseWhileDraining(app: FastifyInstance): onRequestHookHandler {
  let isDraining = false;
  app.addHook('preClose', (done) => {
    isDraining = true;
    done();
  });
  return (_request, _reply, done) => {
    done(isDraining ? new AppError('SERVICE_UNAVAILABLE', { reason: 'draining' }, 1) : undefined);
  };
}
