import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TSchema } from 'typebox';
import { WebSocketServer } from 'ws';
import { addressKey, parseBlocks } from '../address.ts';
import type { Deps } from '../context.ts';
import { AppError } from '../errors.ts';
import type { Admission } from '../http/admission.ts';
import { clientAddress } from '../http/client_address.ts';
import { createDeadlines } from '../http/deadlines.ts';
import { failure } from '../http/envelope.ts';
import { languageOf } from '../http/preferences.ts';
import { createRequestIds } from '../http/request_ids.ts';
import { type Check, type CheckOf, createChecks } from '../http/validation.ts';
import { type Closing, closingOf } from './close_codes.ts';
import { Connection } from './connection.ts';
import { bytesOf } from './frames.ts';
import { socketLimits } from './limits.ts';
import { measureSockets } from './measure.ts';
import { type Peer, Session } from './session.ts';
import { noCounts, type Shared } from './shared.ts';

export interface Gateway {
  /** Sockets that are open. */
  readonly size: number;
  /** Tells all to come back, and resolves when they have gone. */
  close(): Promise<void>;
}

const SOCKET_PATH = '/ws';
/** Silent for so many heartbeats, a socket is dead. */
const SILENT_BEATS = 2.5;
const LOOK_EVERY_MS = 1_000;

/** Lets sockets in at `/ws` of an HTTP server. */
export function openGateway(server: Server, deps: Deps, admission: Admission): Gateway {
  const { config } = deps;
  const newId = createRequestIds();
  const deadlines = createDeadlines(config.HANDLER_TIMEOUT_SECONDS * 1_000);
  const heartbeatMs = config.HEARTBEAT_SECONDS * 1_000;
  const shared: Shared = {
    ...{ deps, heartbeatMs, admission, deadlines, newId, counts: noCounts() },
    checkOf: once(createChecks(config)),
    ...socketLimits(deps),
  };
  const bounds = { maxWaitingBytes: config.MAX_WAITING_BYTES, maxBehindMs: config.MAX_BEHIND_SECONDS * 1_000 };
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: config.MAX_FRAME_BYTES,
  });
  const sessions = new Set<Session>();
  const byAddress = new Map<string, number>();
  const { blocks: trusted } = parseBlocks(config.TRUSTED_PROXIES);
  const isCapped = config.RATE_LIMITS === 'on';
  const closed = new Map<string, number>();
  let isClosing = false;

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refusal = refusalOf(request);
    if (refusal) return void refuse(request, socket, refusal);
    sockets.handleUpgrade(request, socket, head, (ws) => {
      // Over a plain server there is nothing else.
      if (!(socket instanceof Socket)) return ws.terminate();
      socket.setNoDelay(true);
      socket.setTimeout(0);
      const session = new Session(shared, new Connection(ws, socket, bounds), peerOf(request));
      ws.on('message', (data, isBinary) => session.receive(data as Buffer, isBinary));
      ws.on('ping', () => session.receivePing());
      ws.on('pong', () => {
        session.heardAt = performance.now();
      });
      // Of what is against the protocol the library has sent the code.
      ws.on('error', (error) => session.lost(closingOf(error)));
      ws.on('close', () => leave(session));
      session.connection.pause();
      void enter(session, request).catch((error) => {
        deps.log.warn({ err: error }, 'a socket could not be let in');
        session.close('fault');
      });
    });
  }

  function refusalOf({ url = '', headers }: IncomingMessage): AppError | undefined {
    if (url.split('?', 1)[0] !== SOCKET_PATH) return new AppError('NOT_FOUND');
    if (isClosing) return new AppError('SERVICE_UNAVAILABLE', { reason: 'draining' }, 1);
    if (!isOwnOrigin(headers.origin, headers.host))
      return new AppError('PERMISSION_DENIED', { required: 'CORS_ORIGINS', your_role: 'none', reason: 'origin' });
    if (isCapped && sessions.size >= config.MAX_SOCKETS)
      return new AppError('SERVICE_UNAVAILABLE', { reason: 'too_many_sockets' }, 10);
    return undefined;
  }

  /** Pages send it, and nobody else has to. */
  function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined) return true;
    const known: readonly string[] = config.CORS_ORIGINS;
    if (known.includes(origin) || known.includes('*')) return true;
    if (config.PUBLIC_URL !== undefined && new URL(config.PUBLIC_URL).origin === origin) return true;
    return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
  }

  function peerOf({ socket, headers }: IncomingMessage): Peer {
    return {
      address: clientAddress(socket.remoteAddress, headers['x-forwarded-for'], trusted),
      userAgent: (headers['user-agent'] ?? '').slice(0, 512),
      language: languageOf(headers['accept-language']),
    };
  }

  async function enter(session: Session, request: IncomingMessage): Promise<void> {
    sessions.add(session);
    shared.counts.opened++;
    const key = addressKey(session.peer.address);
    const count = (byAddress.get(key) ?? 0) + 1;
    byAddress.set(key, count);
    const { id } = await deps.realtime.hub.head();
    const server_time = new Date(deps.now()).toISOString();
    session.answer(
      { type: 'hello', data: { heartbeat_ms: heartbeatMs, server_time, last_event_id: `${id}` } },
      undefined,
    );
    session.connection.resume();
    if (isCapped && count > config.MAX_SOCKETS_PER_ADDRESS) return session.close('tooManySockets');
    const token = /^bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1]?.trim();
    if (token === undefined) return;
    const resume = new URLSearchParams(request.url?.split('?')[1]).get('resume') ?? undefined;
    await session.enter({ data: resume === undefined ? { token } : { token, resume }, requestId: undefined });
  }

  function leave(session: Session): void {
    if (!sessions.delete(session)) return;
    session.lost('gone');
    const why = session.connection.closedFor ?? 'gone';
    closed.set(why, (closed.get(why) ?? 0) + 1);
    const key = addressKey(session.peer.address);
    const count = (byAddress.get(key) ?? 1) - 1;
    if (count === 0) byAddress.delete(key);
    else byAddress.set(key, count);
  }

  function refuse(request: IncomingMessage, socket: Duplex, error: AppError): void {
    const id = newId();
    const body = failure(error, languageOf(request.headers['accept-language']), id, deps.now());
    const head = [
      `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
      'Connection: close',
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Cache-Control: no-store',
      'X-Content-Type-Options: nosniff',
      `X-Request-Id: ${id}`,
      ...(error.retryAfter === undefined ? [] : [`Retry-After: ${Math.ceil(error.retryAfter)}`]),
    ];
    socket.on('error', () => undefined);
    // No timeout of the server's is on this connection any more.
    socket.once('finish', () => socket.destroy());
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  }

  /** One timer for all sockets. */
  function look(): void {
    const now = performance.now();
    const at = deps.now();
    let beat: Buffer | undefined;
    for (const session of sessions) {
      const why = overdue(session, now, at);
      if (why !== undefined) session.close(why);
      session.connection.look(now);
      if (session.isOver) session.lost('gone');
      if (now - session.heardAt > heartbeatMs * SILENT_BEATS) session.connection.cut();
      if (now < session.nextBeatAt || !session.connection.isOpen) continue;
      session.nextBeatAt = now + heartbeatMs;
      session.connection.ping();
      beat ??= bytesOf({
        type: 'heartbeat',
        data: { server_time: new Date(at).toISOString(), last_event_id: `${deps.realtime.hub.position.id}` },
      });
      session.pass(beat);
    }
  }

  function overdue(session: Session, now: number, at: number): Closing | undefined {
    if (session.token === undefined)
      return now - session.openedAt > config.SOCKET_AUTH_SECONDS * 1_000 ? 'unauthenticated' : undefined;
    return session.expiresAt <= at ? 'unauthenticated' : undefined;
  }

  deps.metrics.add(() => measureSockets(deps, { open: sessions.size, counts: shared.counts, closed }));
  server.on('upgrade', upgrade);
  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref();

  return {
    get size() {
      return sessions.size;
    },
    close: async () => {
      isClosing = true;
      for (const session of sessions) session.close('restarting');
      await allGone(sessions, look);
      clearInterval(timer);
      deadlines.stop();
      server.off('upgrade', upgrade);
    },
  };
}

/** A schema's check is compiled with its first frame, and kept. */
function once(checkOf: CheckOf): CheckOf {
  const checks = new Map<TSchema, Check>();
  return (schema) => {
    const check = checks.get(schema) ?? checkOf(schema);
    checks.set(schema, check);
    return check;
  };
}

/** Who does not take leave is cut off by the look. */
async function allGone(sessions: ReadonlySet<Session>, look: () => void): Promise<void> {
  while (sessions.size > 0) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    look();
  }
}
