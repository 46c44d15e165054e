import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, okJson } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import { type CommitPosition, isBefore } from '../../db/commit_order.ts';
import { AppError } from '../../errors.ts';
import { readHead } from '../../log/read.ts';
import { catchUp } from '../../realtime/catch_up.ts';
import { readBacklog } from './backlog.ts';
import { placeAfter } from './cursor.ts';
import { eventJson } from './present.ts';
import { filteredReader, isWanted, type Receiving } from './reader.ts';
import type { EventsQuery } from './schema.ts';
import { type ToldEvent, tell } from './told.ts';
import { type Allowed, allowView } from './view.ts';

/** The next events the caller may see, at once or as soon as there are any. */
export async function listEvents(ctx: Ctx, query: EventsQuery, gone: AbortSignal): Promise<Answer> {
  const from = query.after === undefined ? await readHead(ctx.db) : await placeAfter(ctx, 'after', query.after);
  const allowed = await allowView(ctx, query.room_id, from);
  const page = await readPage(ctx, allowed, from, query);
  if (page.events.length > 0 || query.wait === 0) return answer(ctx, page);
  return answer(ctx, await waitForPage(ctx, allowed, page.reached, query, gone));
}

interface Page {
  readonly events: readonly ToldEvent[];
  readonly reached: CommitPosition;
  readonly hasMore: boolean;
}

function answer({ actor }: Ctx, { events, reached, hasMore }: Page): Answer {
  const texts = events.map((event) => eventJson(event, actor.userId));
  return okJson(`{"events":[${texts.join(',')}],"next_cursor":"${reached.id}","has_more":${hasMore}}`);
}

async function readPage(ctx: Ctx, { view }: Allowed, from: CommitPosition, query: EventsQuery): Promise<Page> {
  const end = await readHead(ctx.db);
  let reached = from;
  while (isBefore(reached, end)) {
    const backlog = await readBacklog(ctx.db, view, reached, end, query.limit);
    reached = backlog.reached;
    const told = await tell(ctx, backlog.events);
    const events = told.filter((event) => isWanted(event, query) && (query.types?.includes(event.name) ?? true));
    if (events.length > 0) return { events, reached, hasMore: isBefore(reached, end) };
  }
  return { events: [], reached, hasMore: false };
}

/** As a live reader, until something comes, the time is up or nobody waits any more. */
async function waitForPage(
  ctx: Ctx,
  { view, visits }: Allowed,
  from: CommitPosition,
  query: EventsQuery,
  gone: AbortSignal,
): Promise<Page> {
  const { hub } = ctx.deps.realtime;
  const events: ToldEvent[] = [];
  const over = new AbortController();
  let why: Parameters<Receiving['end']>[0] | undefined;
  const reader = filteredReader(ctx, query, {
    get isOver() {
      return why !== undefined || gone.aborted || events.length === query.limit;
    },
    ready: () => Promise.resolve(),
    receive: (event) => {
      events.push(event);
      over.abort();
    },
    end: (reason) => {
      why = reason;
      over.abort();
    },
  });
  try {
    await hub.attach(reader, ctx.actor);
    if (visits !== undefined) hub.visit(reader, visits);
    const reached = await catchUp(ctx.deps, reader, view, from);
    await sleep(query.wait * 1_000, undefined, { signal: AbortSignal.any([over.signal, gone]) }).catch(() => undefined);
    if (why === 'signed_out') throw new AppError('INVALID_TOKEN');
    const last = events.at(-1);
    if (events.length === query.limit && last) return { events, reached: last, hasMore: isBefore(last, hub.position) };
    return { events, reached: reader.isLive ? hub.position : reached, hasMore: false };
  } finally {
    reader.isLive = false;
    hub.detach(reader);
  }
}
