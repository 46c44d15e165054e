import type { Server } from 'node:http';
import { Socket } from 'node:net';
import fastify, { type FastifyHttpOptions, type FastifyInstance, type onRequestHookHandler } from 'fastify';
import type { Deps } from '../context.ts';
import type { Admission } from './admission.ts';
import { authenticate, recogniseOrCount } from './authenticate.ts';
import { createBodyParser } from './body.ts';
import { openCall } from './call.ts';
import { onClientError } from './client_errors.ts';
import { createDeadlines } from './deadlines.ts';
import { refuseWhileDraining } from './draining.ts';
import { formReader } from './form.ts';
import { handle } from './handle.ts';
import { bodyReader, readHead } from './input.ts';
import { createLimits } from './limits.ts';
import { httpSource } from './measured.ts';
import { admitOperators } from './operators.ts';
import { createReplies } from './replies.ts';
import { createRequestCounts, type RequestCounts } from './request_counts.ts';
import { createRequestIds } from './request_ids.ts';
import type { Route } from './route.ts';
import { routeUndecodable } from './undecodable.ts';
import { refuseUnknown } from './unknown.ts';
import { createChecks } from './validation.ts';

/** What a route that says it is slow may take: as long as the statements of a snapshot. */
const SLOW_MS = 10 * 60_000;
/** What one that waits for others may take beyond the usual: the longest it is asked to wait. */
const WAITING_MS = 30_000;

/** The HTTP side, ready to listen. In this order a request is: opened, (cross-origin), known, counted, read, parsed, admitted, run. */
export async function createServer(
  deps: Deps,
  routes: readonly Route[],
  admission: Admission,
): Promise<FastifyInstance> {
  const { config } = deps;
  const requests = createRequestCounts();
  const replies = createReplies(deps, requests);
  const limits = createLimits(deps);
  const checkOf = createChecks(config);
  const usual = createDeadlines(config.HANDLER_TIMEOUT_SECONDS * 1_000);
  const slow = createDeadlines(SLOW_MS);
  const waiting = createDeadlines(config.HANDLER_TIMEOUT_SECONDS * 1_000 + WAITING_MS);
  const bodies = createDeadlines(config.REQUEST_TIMEOUT_SECONDS * 1_000);
  const uploads = createDeadlines(config.UPLOAD_TIMEOUT_SECONDS * 1_000);

  const countUnknown = recogniseOrCount(deps, limits);
  const app = fastify(serverOptions(deps, requests));
  // Node would answer what it cannot meet by itself, and bare.
  app.server.on('checkExpectation', app.routing);
  app.decorateRequest('call');
  app.addHook('onRequest', openCall(config, countUnknown));
  if (config.CORS_ORIGINS.length > 0) await (await import('./cors.ts')).allowOrigins(app, config, replies);
  const parseBody = createBodyParser(config, bodies);
  app.removeAllContentTypeParsers();
  // Fastify remembers which parser a named type has, and searches anew for every other.
  for (const type of ['application/json', '*']) app.addContentTypeParser(type, parseBody);
  app.setErrorHandler((error, request) => replies.fail(request.call, error));
  await refuseUnknown(app, countUnknown);
  app.addHook('onClose', async () => {
    for (const deadlines of [usual, slow, waiting, bodies, uploads]) deadlines.stop();
  });

  deps.metrics.add(httpSource({ app, requests, admission, limits }));

  const known = authenticate(deps, limits);
  const draining = refuseWhileDraining(app);
  const operators = admitOperators(config);
  for (const route of routes) {
    const deadlines = route.form ? uploads : route.slow ? slow : route.waits ? waiting : usual;
    const hooks = [
      route.untilDraining ? draining : undefined,
      route.slow ? keepSocket : undefined,
      route.scope === 'public' ? undefined : known,
      route.forOperators ? operators : undefined,
      limits.hookOf(route),
      readHead(route, checkOf),
    ];
    app.route({
      method: route.method,
      url: route.path.replaceAll('{', ':').replaceAll('}', ''),
      onRequest: [opened(route, requests), ...hooks.filter((hook) => hook !== undefined)],
      handler: handle(route, {
        ...{ deps, replies, admission, deadlines },
        readBody: bodyReader(route, checkOf),
        openForm: formReader(route, deps, checkOf),
      }),
    });
  }
  return app;
}

function opened(route: Route, requests: RequestCounts): onRequestHookHandler {
  const counts = requests.of(route.path, route.method);
  const ofHead = route.method === 'GET' ? requests.of(route.path, 'HEAD') : counts;
  return ({ call, raw }, _reply, done) => {
    call.route = route;
    call.counts = raw.method === 'HEAD' ? ofHead : counts;
    done();
  };
}

/** Nothing moves on the socket while a slow route works; the next request on it has the usual time again. */
const keepSocket: onRequestHookHandler = ({ raw: { socket } }, _reply, done) => {
  // An injected request has none.
  if (socket instanceof Socket) socket.setTimeout(SLOW_MS);
  done();
};

function serverOptions({ config, now }: Deps, requests: RequestCounts): FastifyHttpOptions<Server> {
  const newId = createRequestIds();
  const seconds = (value: number) => value * 1_000;
  // The server has one time for all requests, and ends those that pass it; bodies and forms have theirs, which come before.
  const longest = Math.max(config.REQUEST_TIMEOUT_SECONDS, config.UPLOAD_TIMEOUT_SECONDS) + 1;
  return {
    genReqId: newId,
    bodyLimit: config.MAX_BODY_BYTES,
    exposeHeadRoutes: true,
    // A socket on which nothing moves for so long is given up, whatever its state; the timeouts below come before.
    connectionTimeout: seconds(
      config.REQUEST_TIMEOUT_SECONDS + config.HANDLER_TIMEOUT_SECONDS + config.KEEP_ALIVE_SECONDS,
    ),
    requestTimeout: seconds(longest),
    keepAliveTimeout: seconds(config.KEEP_ALIVE_SECONDS),
    return503OnClosing: false,
    http: {
      headersTimeout: seconds(Math.min(config.HEADERS_TIMEOUT_SECONDS, config.REQUEST_TIMEOUT_SECONDS)),
      requestTimeout: seconds(longest),
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: config.MAX_HEADER_BYTES,
      requireHostHeader: false, // openCall looks, and answers in the envelope
      // Some clients offer HTTP/2 with every request; what cannot be met is no reason not to answer.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    routerOptions: {
      // None is too long for the router: what the whole address may have is looked at first.
      maxParamLength: Number.MAX_SAFE_INTEGER,
      querystringParser: (text) => text as unknown as Record<string, unknown>,
    },
    // Both compile at start what we compile when needed; without them they are not even loaded.
    schemaController: { compilersFactory: { buildValidator: unused, buildSerializer: unused } },
    clientErrorHandler: onClientError({ config, now, newId, requests }),
    frameworkErrors: routeUndecodable,
  };
}

const unused = () => {
  throw new Error('Routes give no schemas to Fastify');
};
