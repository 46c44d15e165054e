import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TSchema } from 'typebox';
import { addressKey } from '../address.ts';
import type { Deps } from '../context.ts';
import { AppError } from '../errors.ts';
import type { Admission } from '../http/admission.ts';
import { bearerOf } from '../http/bearer.ts';
import { createDeadlines } from '../http/deadlines.ts';
import { languageOf } from '../http/preferences.ts';
import { answerUnderWay, rawRefusal } from '../http/raw_refusal.ts';
import { createRequestIds } from '../http/request_ids.ts';
import { SOCKET_PATH } from '../http/unknown.ts';
import { type Check, type CheckOf, createChecks } from '../http/validation.ts';
import type { Upgrade } from './accept.ts';
import type { Closing } from './close_codes.ts';
import { bytesOf } from './frames.ts';
import { socketLimits } from './limits.ts';
import { measureSockets } from './measure.ts';
import { reconnectMs } from './reconnect.ts';
import type { Session } from './session.ts';
import { noCounts, type Shared } from './shared.ts';

export interface Gateway {
  /** Sockets that are open. */
  readonly size: number;
  /** Tells all to come back, and resolves when they have gone. */
  close(): Promise<void>;
}

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
  const sessions = new Set<Session>();
  const byAddress = new Map<string, number>();
  const isCapped = config.RATE_LIMITS === 'on';
  const closed = new Map<string, number>();
  let accepting: Promise<(upgrade: Upgrade) => void> | undefined;
  let isClosing = false;

  function onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const upgrade = { request, socket, head };
    // The answer to what came before it would go on between the frames.
    if (answerUnderWay(socket)) return void socket.destroy();
    const refusal = refusalOf(request);
    if (refusal) return void refuse(upgrade, refusal);
    // Whoever goes away before he is let in.
    socket.on('error', () => undefined);
    void letIn(upgrade).catch((error) => {
      deps.log.error({ err: error }, 'a socket could not be accepted');
      socket.destroy();
    });
  }

  async function letIn(upgrade: Upgrade): Promise<void> {
    // What sockets alone need is loaded with the first of them: the start does not wait for it (docs/performance.md).
    accepting ??= import('./accept.ts').then(({ createAccept }) => createAccept(shared, { come, leave, refuse }));
    const accept = await accepting;
    const refusal = refusalOf(upgrade.request);
    if (refusal) refuse(upgrade, refusal);
    else accept(upgrade);
  }

  function come(session: Session, request: IncomingMessage): void {
    enter(session, request).catch((error) => {
      deps.log.warn({ err: error }, 'a socket could not be let in');
      session.close('fault');
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
    const token = bearerOf(request.headers.authorization);
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

  function refuse({ request, socket }: Pick<Upgrade, 'request' | 'socket'>, error: AppError): void {
    const language = languageOf(request.headers['accept-language']);
    socket.on('error', () => undefined);
    // No timeout of the server's is on this connection any more.
    socket.once('finish', () => socket.destroy());
    socket.end(rawRefusal(error, { language, requestId: newId(), now: deps.now() }));
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
      const isSilent = now - session.heardAt > heartbeatMs * SILENT_BEATS;
      if (isSilent && !session.connection.isPaused) session.connection.cut();
      if (now < session.nextBeatAt || !session.connection.isOpen) continue;
      session.nextBeatAt = now + heartbeatMs;
      session.ping();
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
  server.on('upgrade', onUpgrade);
  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref();

  return {
    get size() {
      return sessions.size;
    },
    close: async () => {
      isClosing = true;
      const count = sessions.size;
      for (const session of sessions) {
        session.answer({ type: 'reconnect', data: { after_ms: reconnectMs(count) } }, undefined);
        session.close('restarting');
      }
      await allGone(sessions, look);
      clearInterval(timer);
      deadlines.stop();
      server.off('upgrade', onUpgrade);
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
