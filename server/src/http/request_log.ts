import type { Logger } from 'pino';
import type { Call } from './call.ts';

/**
 * One line for each request, at `debug`: at `info` it would cost a third of a small request. Never its query, headers or body:
 * tokens and people's words are in them.
 */
export function logCall(log: Logger, call: Call, status: number): void {
  if (!log.isLevelEnabled('debug')) return;
  const { method = '', url = '' } = call.reply.request.raw;
  log.debug(
    {
      req: call.id,
      method,
      route: call.route?.path ?? pathOf(url).slice(0, 200),
      status,
      ms: Math.round((performance.now() - call.startedAt) * 10) / 10,
      user: call.actor.userId,
      address: call.address,
      ...(call.traceparent === null ? {} : { trace: call.traceparent }),
    },
    'request',
  );
}

/** A request's path without its query. */
export function pathOf(url: string): string {
  const question = url.indexOf('?');
  return question === -1 ? url : url.slice(0, question);
}
