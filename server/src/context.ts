import type { Logger } from 'pino';
import { type Actor, nobody } from './actor.ts';
import type { Blobs } from './adapters/blobs/blobs.ts';
import type { Images, MakingThumbnails } from './adapters/images/images.ts';
import type { Limiter } from './adapters/limiter/limiter.ts';
import type { Config } from './config.ts';
import type { Database, Reader, Writer } from './db/database.ts';
import { containerStream, eventCatalogue, type NewEvent, serverStream, userStream } from './events.ts';
import { appendEvents } from './log/append.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Authority } from './modules/auth/authority.ts';
import type { MessageFragments } from './modules/messages/fragments.ts';
import type { SendGather } from './modules/messages/gather.ts';
import type { AuthorCounts } from './modules/statistics/authors.ts';
import type { Webhooks } from './modules/webhooks/webhooks.ts';
import type { Nodes } from './nodes/nodes.ts';
import type { Realtime } from './realtime/realtime.ts';

/** What the composition root picks once; everything else is an argument. */
export interface Deps {
  readonly config: Config;
  readonly db: Database;
  readonly now: () => number;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly limiter: Limiter;
  readonly authority: Authority;
  readonly messages: {
    readonly fragments: MessageFragments;
    readonly sends: SendGather;
    readonly authors: AuthorCounts;
  };
  readonly webhooks: Webhooks;
  readonly realtime: Realtime;
  readonly nodes: Nodes;
  readonly files: { readonly blobs: Blobs; readonly images: Images; readonly making: MakingThumbnails };
}

/** What an action may know of the request it answers. */
export interface RequestFacts {
  readonly id: string;
  readonly address: string;
  readonly userAgent: string;
  /** The trace it belongs to (W3C Trace Context), null for none. */
  readonly traceparent: string | null;
  /** `Prefer: return=representation` on a deletion. */
  readonly representation: boolean;
  /** `X-Audit-Log-Reason`. */
  readonly auditReason: string | undefined;
  readonly idempotency: { readonly key: string; readonly scope: string; readonly payloadHash: string } | undefined;
}

export interface Ctx {
  readonly deps: Deps;
  readonly actor: Actor;
  readonly request: RequestFacts;
  /** Epoch milliseconds, one value for the whole action. */
  readonly now: number;
  readonly db: Reader;
}

/** Exists only inside `write`: the one context with mutating stores and `emit`. */
export interface WriteCtx extends Ctx {
  readonly db: Writer;
  readonly emitted: Emitted[];
}

interface Emitted {
  readonly id: number;
  readonly event: NewEvent;
}

/** The context of what the server does by itself, such as maintenance: without an actor or an address. `id` stands for the request's. */
export function ownCtx(deps: Deps, id: string): Ctx {
  const request = { id, address: '', userAgent: '', traceparent: null, representation: false };
  const absent = { auditReason: undefined, idempotency: undefined };
  return { deps, actor: nobody, request: { ...request, ...absent }, now: deps.now(), db: deps.db.reader };
}

export function isWriting(ctx: Ctx): ctx is WriteCtx {
  return 'emitted' in ctx;
}

/**
 * Runs `work` in one transaction and resolves when the change is durable; whatever it throws undoes all of it.
 * Only database calls may be awaited inside. Inside another `write` it just calls `work`.
 */
export async function write<T>(ctx: Ctx, name: string, work: (ctx: WriteCtx) => Promise<T>): Promise<T> {
  if (isWriting(ctx)) return work(ctx);
  let emitted: Emitted[] = [];
  const result = await ctx.deps.db.write(name, async (db) => {
    emitted = [];
    return work({ ...ctx, db, emitted });
  });
  followCommitted(ctx.deps, emitted);
  return result;
}

/** Takes the locks that order these streams; must come before anything the transaction writes. */
export function lockStreams(
  ctx: WriteCtx,
  wanted: { containers?: readonly number[]; users?: readonly number[]; server?: boolean },
): Promise<void> {
  const streams = [...(wanted.containers ?? []).map(containerStream), ...(wanted.users ?? []).map(userStream)];
  return ctx.db.lock(wanted.server ? [...streams, serverStream] : streams);
}

/** Writes the events and their audit rows in this transaction; resolves with their ids. Their streams must be locked. */
export async function emit(ctx: WriteCtx, ...events: NewEvent[]): Promise<number[]> {
  const { address, traceparent } = ctx.request;
  const ids = await appendEvents(
    ctx.db,
    events.map((event) => ({ event, actorId: ctx.actor.userId, address, traceparent, at: ctx.now })),
  );
  ctx.emitted.push(...events.map((event, place) => ({ id: ids[place] as number, event })));
  return ids;
}

/** After the commit, and only then, memory follows the log. */
function followCommitted(deps: Deps, emitted: readonly Emitted[]): void {
  for (const { event, id } of emitted) {
    deps.authority.follow(event);
    deps.messages.fragments.follow(event);
    deps.realtime.hub.follow(event, id);
  }
  deps.nodes.committed(emitted);
  if (emitted.length > 0) deps.realtime.hub.wake();
  if (emitted.some(({ event }) => eventCatalogue[event.type].webhook)) deps.webhooks.worker.wake();
}
