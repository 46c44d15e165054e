import { type Answer, type Listener, okStream } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import type { CommitPosition } from '../../db/commit_order.ts';
import { AppError, invalidField } from '../../errors.ts';
import { readHead } from '../../log/read.ts';
import { catchUp } from '../../realtime/catch_up.ts';
import { createPace } from '../../realtime/pace.ts';
import { reconnectMs } from '../../realtime/reconnect.ts';
import type { View } from './backlog.ts';
import { CURSOR, placeAfter } from './cursor.ts';
import { eventJson } from './present.ts';
import { filteredReader } from './reader.ts';
import type { EventFilters } from './schema.ts';
import { allowView, lookIn } from './view.ts';

/** So that whoever listens, and every proxy between, sees that the connection lives. */
const COMMENT_EVERY_MS = 15_000;
/** As many as may be on one node: who comes back is spread over a second. */
const STREAMS = 500;
export const EVENT_STREAM = 'text/event-stream; charset=utf-8';

interface Asking {
  readonly gone: AbortSignal;
  /** What a client that connects again has seen last; it knows better than the address it began with. */
  readonly lastEventId: string | undefined;
  readonly token: string;
}

/** All events the caller may see, as server-sent events, from a place on, for as long as he listens and his token lasts. */
export async function streamEvents(ctx: Ctx, filters: EventFilters, asking: Asking): Promise<Answer> {
  const { gone, lastEventId, token } = asking;
  const [field, after] = lastEventId ? (['Last-Event-ID', lastEventId] as const) : (['after', filters.after] as const);
  if (after !== undefined && !CURSOR.test(after)) throw invalidField(field, 'not_a_cursor');
  const from = after === undefined ? await readHead(ctx.db) : await placeAfter(ctx, field, after);
  const view = await allowView(ctx, filters, from);
  const claims = await ctx.deps.authority.tokens.verify(token);
  if (!claims) throw new AppError('INVALID_TOKEN');
  const stream = openStream(ctx, filters, { gone, endsAt: claims.exp * 1_000 });
  let allowed = view;
  try {
    await ctx.deps.realtime.hub.attach(stream.reader, ctx.actor);
    if (!stream.reader.isOver) allowed = await lookIn(ctx, stream.reader, view, from);
  } catch (error) {
    stream.over('end');
    throw error;
  }
  // Whoever went while he was let in has nobody to tell it to any more.
  if (gone.aborted) stream.over('cut');
  return okStream({ type: EVENT_STREAM, begin: (listener) => void stream.run(listener, allowed, from) });
}

interface Bounds {
  readonly gone: AbortSignal;
  /** Epoch milliseconds. */
  readonly endsAt: number;
}

function openStream(ctx: Ctx, filters: EventFilters, { gone, endsAt }: Bounds) {
  const { realtime, config, log, now } = ctx.deps;
  const { hub } = realtime;
  let listener: Listener | undefined;
  let isOver = false;
  const isTooSlow = createPace(config.MAX_BEHIND_SECONDS * 1_000);

  function over(finish: 'end' | 'cut'): void {
    if (isOver) return;
    isOver = true;
    clearInterval(beat);
    clearTimeout(expiry);
    reader.isLive = false;
    hub.detach(reader);
    listener?.[finish]();
  }

  function write(text: string): void {
    listener?.write(text);
    // Whoever does not keep up begins again where he was; what waits for him must not grow. What was missed is read no faster than it is taken.
    if (reader.isLive && (listener?.waiting ?? 0) > config.MAX_WAITING_BYTES) over('cut');
  }

  const reader = filteredReader(ctx, filters, {
    get isOver() {
      return isOver;
    },
    ready: () => listener?.drained() ?? Promise.resolve(),
    receive: (event) => write(`id: ${event.id}\nevent: ${event.name}\ndata: ${eventJson(event, ctx.actor.userId)}\n\n`),
    end: (why) => {
      if (why === 'restarting') write(`retry: ${reconnectMs(STREAMS)}\n\n`);
      over('end');
    },
  });
  const beat = setInterval(() => {
    const { written, waiting } = listener ?? { written: 0, waiting: 0 };
    if (isTooSlow(performance.now(), written, waiting)) over('cut');
    // What it was told up to: also a client that hears of little goes on from near the end.
    else write(reader.isLive ? `: still here\nid: ${hub.position.id}\n\n` : ': still here\n\n');
  }, COMMENT_EVERY_MS);
  beat.unref();
  const expiry = setTimeout(() => over('end'), endsAt - now());
  expiry.unref();
  gone.addEventListener('abort', () => over('cut'), { once: true });

  async function run(to: Listener, view: View, from: CommitPosition): Promise<void> {
    listener = to;
    if (isOver) return to.end();
    // Whoever is cut off before the first event goes on from here.
    write(`: events\nid: ${from.id}\n\n`);
    await catchUp(ctx.deps, reader, view, from).catch((error) => {
      log.warn({ err: error, req: ctx.request.id }, 'a stream of events could not go on');
      over('end');
    });
  }

  return { reader, run, over };
}
