import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { onRequestHookHandler } from 'fastify';
import { parseAddress } from '../address.ts';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import { bearerOf } from './bearer.ts';
import type { Call } from './call.ts';

/**
 * The hook of what is for whoever runs the server. With METRICS_TOKEN one has to have it; without, one has to be near: on this machine or
 * in a private network. The port is also that of the public API.
 */
export function admitOperators({ METRICS, METRICS_TOKEN }: Config): onRequestHookHandler {
  const isAdmitted = METRICS_TOKEN === undefined ? isNear : holds(METRICS_TOKEN);
  return ({ call, raw }, _reply, done) => {
    if (METRICS === 'off') return done(new AppError('NOT_FOUND'));
    done(isAdmitted(call, raw) ? undefined : new AppError('INVALID_TOKEN'));
  };
}

/** Digests are as long as each other, whatever was sent. */
function holds(token: string): (call: Call, raw: IncomingMessage) => boolean {
  const digest = (text: string) => hash('sha256', text, 'buffer');
  const wanted = digest(token);
  return (_call, { headers }) => timingSafeEqual(digest(bearerOf(headers.authorization) ?? ''), wanted);
}

const nearby = new Set(['loopback', 'private', 'uniqueLocal', 'linkLocal']);
/** What proxies add. */
const marks = /^(x-forwarded-.+|forwarded|via|x-(real|client)-ip|true-client-ip|cf-connecting-ip)$/;

function isNear({ address }: Call, { headers, socket }: IncomingMessage): boolean {
  // Through a proxy that TRUSTED_PROXIES does not name, everybody seems to be as near as the proxy is.
  const isHidden = address === parseAddress(socket.remoteAddress ?? '')?.toString();
  if (isHidden && Object.keys(headers).some((name) => marks.test(name))) return false;
  return nearby.has(parseAddress(address)?.range() ?? '');
}
