import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { type Answer, okJson } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import { type CommitPosition, isBefore } from '../../db/commit_order.ts';
import { AppError } from '../../errors.ts';
import { readHead } from '../../log/read.ts';
import { catchUp } from '../../realtime/catch_up.ts';
import { readBacklog, type View } from './backlog.ts';
import { placeAfter } from './cursor.ts';
import { eventJson } from './present.ts';
import { filteredReader, isWanted, type Receiving } from './reader.ts';
import type { EventsQuery } from './schema.ts';
import { type ToldEvent, tell } from './told.ts';
import { allowView, lookIn } from './view.ts';

/** The next events the caller may see, at once or as soon as there are any. */
export async function listEvents(ctx: Ctx, query: EventsQuery, gone: AbortSignal): Promise<Answer> {
  const from = query.after === undefined ? await readHead(ctx.db) : await placeAfter(ctx, 'after', query.after);
  const view = await allowView(ctx, query, from);
  const page = await readPage(ctx, view, from, query);
  if (page.events.length > 0 || page.hasMore || query.wait === 0) return answer(ctx, page);
  return answer(ctx, await waitForPage(ctx, view, page.reached, query, gone));
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

/** One request looks through the log for so long; whoever wants little of a long one asks again, from where it came. */
const LOOKS_FOR_MS = 100;

async function readPage(ctx: Ctx, view: View, from: CommitPosition, query: EventsQuery): Promise<Page> {
  const end = await readHead(ctx.db);
  const since = performance.now();
  let reached = from;
  while (isBefore(reached, end)) {
    const backlog = await readBacklog(ctx.db, view, reached, end, query.limit);
    reached = backlog.reached;
    const told = await tell(ctx, backlog.events);
    const events = told.filter((event) => isWanted(event, query));
    if (events.length > 0 || performance.now() - since > LOOKS_FOR_MS)
      return { events, reached, hasMore: isBefore(reached, end) };
    await setImmediate();
  }
  return { events: [], reached, hasMore: false };
}

/** As a live reader, until something comes, the time is up or nobody waits any more. */
async function waitForPage(
  ctx: Ctx,
  view: View,
  from: CommitPosition,
  query: EventsQuery,
  gone: AbortSignal,
): Promise<Page> {
  const { hub } = ctx.deps.realtime;
  const events: ToldEvent[] = [];
  const over = new AbortController();
  let ended: { readonly why: Parameters<Receiving['end']>[0]; readonly at: CommitPosition } | undefined;
  const reader = filteredReader(ctx, query, {
    get isOver() {
      return ended !== undefined || gone.aborted || events.length === query.limit;
    },
    ready: () => Promise.resolve(),
    receive: (event) => {
      events.push(event);
      over.abort();
    },
    end: (why) => {
      // What is dispatched from now on is for the next request.
      ended = { why, at: hub.position };
      over.abort();
    },
  });
  try {
    await hub.attach(reader, ctx.actor);
    const allowed = reader.isOver ? view : await lookIn(ctx, reader, view, from);
    const reached = await catchUp(ctx.deps, reader, allowed, from);
    await sleep(query.wait * 1_000, undefined, { signal: AbortSignal.any([over.signal, gone]) }).catch(() => undefined);
    if (ended?.why === 'signed_out') throw new AppError('INVALID_TOKEN');
    const last = events.at(-1);
    if (events.length === query.limit && last) return { events, reached: last, hasMore: isBefore(last, hub.position) };
    const end = ended?.at ?? (reader.isLive ? hub.position : reached);
    // The event that ended it is told before the log has passed it.
    return { events, reached: last && isBefore(end, last) ? last : end, hasMore: false };
  } finally {
    reader.isLive = false;
    hub.detach(reader);
  }
}
