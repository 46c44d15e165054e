import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, onRequestHookHandler } from 'fastify';
import { type Actor, nobody } from '../actor.ts';
import type { Verdict } from '../adapters/limiter/limiter.ts';
import { parseBlocks } from '../address.ts';
import type { Config } from '../config.ts';
import type { RequestFacts } from '../context.ts';
import { AppError, invalidField } from '../errors.ts';
import { clientAddress } from './client_address.ts';
import type { LimitClass } from './limit_class.ts';
import type { RouteCounts } from './request_counts.ts';
import type { Route } from './route.ts';
import { UNROUTABLE } from './undecodable.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** One request on its way through the hooks. One shape, filled in place, because there is one for every request; the action sees its RequestFacts. */
export interface Call extends Writable<RequestFacts> {
  readonly reply: FastifyReply;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** Undefined for a path nobody serves. */
  route: Route | undefined;
  /** Where it is counted; undefined as the route. */
  counts: RouteCounts | undefined;
  actor: Actor;
  limit: LimitClass | undefined;
  verdict: Verdict | undefined;
  /** Value of `X-Ignored-Parameters`. */
  ignored: string | undefined;
  params: unknown;
  query: unknown;
  answered: boolean;
}

declare module 'fastify' {
  interface FastifyRequest {
    call: Call;
  }
}

/** A call about which nothing is known yet but its connection. */
function newCall(id: string, address: string, reply: FastifyReply): Call {
  return {
    id,
    address,
    userAgent: '',
    traceparent: null,
    representation: false,
    auditReason: undefined,
    idempotency: undefined,
    reply,
    startedAt: performance.now(),
    route: undefined,
    counts: undefined,
    actor: nobody,
    limit: undefined,
    verdict: undefined,
    ignored: undefined,
    params: undefined,
    query: undefined,
    answered: false,
  };
}

/** Counts what is for no route, and who asked; an error refuses it. */
export type CountUnknown = (call: Call, done: (error?: Error) => void) => void;

/** The first hook: every request gets its call, whatever becomes of it. What no route could take is refused here, counted as a path nobody serves. */
export function openCall(config: Config, count: CountUnknown): onRequestHookHandler {
  const addressOf = addressReader(config);
  return (request, reply, done) => {
    request.call = newCall(request.id, addressOf(request.raw), reply);
    const refusal = refusalOf(request.raw, config);
    if (refusal === undefined) return done();
    count(request.call, (error) => done(error ?? refusal));
  };
}

function refusalOf({ url = '', headers, httpVersionMinor }: IncomingMessage, { MAX_URL_BYTES }: Config) {
  if (url.length > MAX_URL_BYTES) return new AppError('URI_TOO_LONG', { max_bytes: MAX_URL_BYTES });
  if (url === UNROUTABLE) return invalidField('path', 'malformed_encoding');
  if (httpVersionMinor !== 1) return undefined;
  if (headers.host === undefined) return invalidField('Host', 'required');
  if (headers.expect === undefined || CONTINUE.test(headers.expect)) return undefined;
  return new AppError('EXPECTATION_FAILED', { allowed: ['100-continue'] });
}

/** As Node reads it, which answers it. */
const CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i;

function addressReader({ TRUSTED_PROXIES }: Config): (raw: IncomingMessage) => string {
  const { blocks: trusted } = parseBlocks(TRUSTED_PROXIES);
  if (trusted.length > 0)
    return (raw) => clientAddress(raw.socket.remoteAddress, raw.headers['x-forwarded-for'], trusted);
  // Without proxies a connection has one client: its address is read once.
  const known = new WeakMap<Socket, string>();
  return ({ socket }) => {
    let address = known.get(socket);
    if (address !== undefined) return address;
    address = clientAddress(socket.remoteAddress, undefined, trusted);
    known.set(socket, address);
    return address;
  };
}
