import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { type Logger, pino } from 'pino';
import { createImages } from './adapters/images/sharp.ts';
import { createMemoryLimiter } from './adapters/limiter/memory.ts';
import { openBlobs, openOutgoing, openShared } from './adapters/open.ts';
import type { Resolve } from './adapters/outgoing/outgoing.ts';
import type { SharedRedis } from './adapters/redis/redis.ts';
import type { Config } from './config.ts';
import type { Deps } from './context.ts';
import { DATABASE_FILE, lockDataDirectory, requireNoEmbedded, requireNotMoved } from './db/data_lock.ts';
import type { Database } from './db/database.ts';
import { migrate } from './db/migrations/migrate.ts';
import { openSqlite } from './db/sqlite.ts';
import { admissionLimitsOf, createAdmission } from './http/admission.ts';
import { createServer } from './http/server.ts';
import { startMaintenance } from './maintenance.ts';
import { createMetrics } from './metrics/metrics.ts';
import { type Sealer, startSealer } from './modules/audit/sealer.ts';
import { createLoginAttempts } from './modules/auth/attempts.ts';
import { createAuthority } from './modules/auth/authority.ts';
import { bootstrap, type FirstStart } from './modules/auth/bootstrap.ts';
import { createPasswords } from './modules/auth/passwords.ts';
import { loadSecrets } from './modules/auth/secrets.ts';
import { createTokens } from './modules/auth/tokens.ts';
import { createVault } from './modules/auth/vault.ts';
import { createMessageFragments } from './modules/messages/fragments.ts';
import { createSendGather } from './modules/messages/gather.ts';
import { startMeasuring } from './modules/metrics/measure.ts';
import { createAuthorCounts } from './modules/statistics/authors.ts';
import { createActivity } from './modules/users/activity.ts';
import { createAttemptCounts } from './modules/webhooks/attempt_counts.ts';
import { releaseClaims } from './modules/webhooks/claim_store.ts';
import { createTestPlaces } from './modules/webhooks/test_places.ts';
import { createDeliveryWorker } from './modules/webhooks/worker.ts';
import { createNodes } from './nodes/nodes.ts';
import { openGateway } from './realtime/gateway.ts';
import { createHub } from './realtime/hub.ts';
import { createPresence } from './realtime/presence.ts';
import { createTyping } from './realtime/typing.ts';
import { routes } from './routes.ts';

export interface Overrides {
  readonly now?: () => number;
  readonly log?: Logger;
  /** What names webhooks are sent to lead to; the system's own answer otherwise. */
  readonly resolve?: Resolve;
  /** Ends the process: called when the database's storage has failed. */
  readonly onFatal?: (error: Error) => void;
  /** The most pages the database file may take: a full disk, for tests. */
  readonly maxPages?: number;
}

export interface App {
  readonly server: FastifyInstance;
  readonly deps: Deps;
  /** On the first start alone. */
  readonly firstAdmin: FirstStart | undefined;
  readonly sealer: Sealer;
  /** Ends what the server does unasked, as `close` does too. */
  stopMaintenance(): Promise<void>;
  /** Answers what is in flight, writes what is in memory and gives everything back. */
  close(): Promise<void>;
}

/** The composition root: picks every adapter and hands them on as arguments. What a failed start has taken is given back. */
export async function createApp(config: Config, overrides: Overrides = {}): Promise<App> {
  const { deps, close } = await openDeps(config, overrides);
  const undo: (() => void | Promise<void>)[] = [close];
  try {
    const firstAdmin = await bootstrap(deps);
    // Sockets and requests share what may run at a time.
    const admission = createAdmission(admissionLimitsOf(config));
    const server = await createServer(deps, routes, admission);
    const gateway = openGateway(server.server, deps, admission);
    const { worker } = deps.webhooks;
    await deps.nodes.start();
    if (config.WEBHOOK_DELIVERY === 'on') await worker.start();
    const stopMaintenance = startMaintenance(deps);
    const sealer = startSealer(deps);
    const stopMeasuring = startMeasuring(deps);
    const end = async () => {
      await Promise.all([
        // Sockets first: each is told when to come back.
        gateway.close(),
        deps.realtime.hub.close(),
        drain(server, config.DRAIN_SECONDS),
        worker.stop(config.DRAIN_SECONDS * 1_000),
      ]);
    };
    undo.unshift(end, stopMeasuring, stopMaintenance, sealer.stop, deps.nodes.stop);
    return { server, deps, firstAdmin, sealer, stopMaintenance, close: () => inTurn(undo) };
  } catch (error) {
    await inTurn(undo);
    throw error;
  }
}

export interface Opened {
  readonly deps: Deps;
  close(): Promise<void>;
}

/** What actions need, without the server around it; owns the data directory, and brings the database up to date. */
export async function openDeps(config: Config, overrides: Overrides = {}): Promise<Opened> {
  const now = overrides.now ?? Date.now;
  const log = overrides.log ?? pino({ level: config.LOG_LEVEL });
  const undo = lockData(config);
  try {
    const db = await openDatabase(config, storageFailed(log, overrides.onFatal), overrides.maxPages);
    undo.unshift(db.close);
    const ahead = await migrate(db, now());
    if (ahead.length > 0) log.warn({ migrations: ahead }, 'the database is of a newer version');
    for (const concern of await db.concerns()) log.warn({ concern }, 'a power cut can lose what was acknowledged');
    const redis = await openShared(config, now, log);
    if (redis) undo.unshift(redis.close);
    const deps = await createDeps(config, { db, redis, now, log, resolveName: overrides.resolve });
    undo.unshift(deps.webhooks.outgoing.close, deps.files.images.close, deps.files.blobs.close);
    return { deps, close: () => inTurn(undo) };
  } catch (error) {
    await inTurn(undo);
    throw error;
  }
}

/** On SQLite one process owns the folder; on PostgreSQL several may keep their files in it. */
function lockData(config: Config): (() => void | Promise<void>)[] {
  if (config.DATABASE_URL === undefined) return [lockDataDirectory(config.DATA_DIR)];
  requireNoEmbedded(config.DATA_DIR);
  return [];
}

/** A database that is there, beside whoever writes it. */
export async function openDatabaseOnly(config: Config): Promise<Database> {
  requireDatabase(config);
  (config.DATABASE_URL === undefined ? requireNotMoved : requireNoEmbedded)(config.DATA_DIR);
  return openDatabase(config, raise);
}

/** Where the embedded database is. */
export const databasePath = ({ DATA_DIR }: Pick<Config, 'DATA_DIR'>): string => join(DATA_DIR, DATABASE_FILE);

/** Raises where no server has made a database yet. */
export function requireDatabase(config: Config): void {
  const path = databasePath(config);
  if (config.DATABASE_URL === undefined && !existsSync(path))
    throw new Error(`There is no database at ${resolve(path)}: set DATA_DIR to the folder of the server's data`);
}

function raise(error: Error): never {
  throw error;
}

interface Parts {
  readonly db: Database;
  readonly redis: SharedRedis | undefined;
  readonly now: () => number;
  readonly log: Logger;
  readonly resolveName: Resolve | undefined;
}

async function createDeps(config: Config, { db, redis, now, log, resolveName }: Parts): Promise<Deps> {
  const secrets = await loadSecrets(db, config);
  const nodes = createNodes({
    ...{ db, log, deps: () => deps, channel: redis?.channel ?? db.channel },
    release: (writer, claimed_by) => releaseClaims.run(writer, { claimed_by, now: now() }),
  });
  const tokens = createTokens({
    secret: secrets.jwtSecret,
    issuer: config.PUBLIC_URL ?? 'veza',
    audience: 'veza',
    now,
    lifetimeSeconds: config.ACCESS_TOKEN_SECONDS,
  });
  const authority = createAuthority({
    db,
    now,
    isFresh: () => nodes.isFresh,
    tokens,
    passwords: createPasswords(),
    attempts: createLoginAttempts(now, (attempt) => nodes.talk.tell('attempt', attempt)),
    secretKey: secrets.secretKey,
    activity: createActivity(db),
  });
  const worker = createDeliveryWorker({ isAlone: db.dialect === 'sqlite', deps: () => deps });
  const hub = createHub(() => deps, { db, log });
  const afterSend = () => {
    hub.wake();
    worker.wake();
    nodes.sent();
  };
  const deps: Deps = {
    config,
    db,
    now,
    log,
    metrics: createMetrics(log),
    limiter: redis?.limiter ?? createMemoryLimiter(now),
    authority,
    messages: {
      fragments: createMessageFragments(),
      sends: createSendGather(db, afterSend),
      authors: createAuthorCounts(),
    },
    realtime: {
      hub,
      presence: createPresence({
        ...{ authority, db, hub, now, log },
        say: (sight) => nodes.talk.tell('here', { sights: [sight] }),
      }),
      typing: createTyping(hub, (typing) => nodes.talk.tell('typing', typing)),
    },
    nodes,
    webhooks: {
      vault: createVault(secrets.secretKey, 'webhooks'),
      outgoing: openOutgoing(config, resolveName),
      worker,
      attempts: createAttemptCounts(),
      tests: createTestPlaces(config.WEBHOOK_IN_FLIGHT, config.WEBHOOK_IN_FLIGHT_EACH),
    },
    files: {
      blobs: await openBlobs(config, log),
      images: createImages({ maxPixels: config.MAX_THUMBNAIL_PIXELS }),
      making: new Map(),
    },
  };
  return deps;
}

async function inTurn(steps: readonly (() => void | Promise<void>)[]): Promise<void> {
  for (const step of steps) await step();
}

/** Answers what is in flight; what takes longer is cut off, unacknowledged. */
async function drain(server: FastifyInstance, seconds: number): Promise<void> {
  const cutOff = setTimeout(() => server.server.closeAllConnections(), seconds * 1_000);
  // Answered while draining, a kept-alive connection would wait for its client until then.
  const hangUp = setInterval(() => server.server.closeIdleConnections(), 50);
  await server.close();
  clearTimeout(cutOff);
  clearInterval(hangUp);
}

async function openDatabase(config: Config, onFatal: (error: Error) => void, maxPages?: number): Promise<Database> {
  if (config.DATABASE_URL !== undefined) {
    const { openPostgres } = await import('./db/postgres.ts');
    return openPostgres({
      url: config.DATABASE_URL,
      connections: config.DATABASE_CONNECTIONS,
      isPooled: config.DATABASE_POOLER === 'transaction',
    });
  }
  return openSqlite({
    path: databasePath(config),
    minFreeBytes: config.MIN_FREE_DISK_BYTES,
    onFatal,
    ...(maxPages === undefined ? {} : { maxPages }),
  });
}

/** After a failed sync SQLite would go on committing what may not be on the disk: better to stop and recover from the log. */
function storageFailed(log: Logger, end: Overrides['onFatal']) {
  return (error: Error) => {
    log.fatal({ err: error }, 'storage failed; ending the process');
    log.flush();
    end?.(error);
  };
}
