import { allowInConversation, allowInRoom } from '../../access.ts';
import { type Answer, okPage } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import { invalid } from '../../errors.ts';
import type { MessageKey } from './fragments.ts';
import { newerKeys, olderKeys, type Selection } from './page_store.ts';
import type { ListOptions } from './schema.ts';

interface Counters {
  readonly id: number;
  readonly message_count: number;
  readonly root_count: number;
  readonly pinned_count: number;
  readonly pinned_root_count: number;
}

interface Page {
  /** Newest first. */
  readonly keys: MessageKey[];
  readonly before: boolean;
  readonly after: boolean;
  /** Which of the two the reader is going towards. */
  readonly travel: 'before' | 'after';
}

const NEWEST = Number.MAX_SAFE_INTEGER;

export async function listRoomMessages(ctx: Ctx, roomId: number, options: ListOptions): Promise<Answer> {
  refuseTwoCursors(options);
  const { room } = await allowInRoom(ctx, 'message.list', roomId);
  return page(ctx, room, options);
}

export async function listConversationMessages(
  ctx: Ctx,
  conversationId: number,
  options: ListOptions,
): Promise<Answer> {
  refuseTwoCursors(options);
  return page(ctx, await allowInConversation(ctx, 'message.list', conversationId), options);
}

export function refuseTwoCursors(options: Pick<ListOptions, 'before_id' | 'after_id' | 'around_id'>): void {
  const given = (['before_id', 'after_id', 'around_id'] as const).filter((name) => options[name] !== undefined);
  if (given.length < 2) return;
  throw invalid(given.slice(1).map((field) => ({ field, reason: 'excludes_other_cursor', other: given[0] })));
}

async function page(ctx: Ctx, container: Counters, options: ListOptions): Promise<Answer> {
  const selection = { withReplies: options.include_threads, pinnedOnly: options.pinned_only };
  const { keys, before, after, travel } = await find(ctx, container.id, selection, options);
  if (options.order === 'asc') keys.reverse();
  const { parts, digest } = await ctx.deps.messages.fragments.renderPage(ctx.db, ctx.actor.userId, keys);
  const tail =
    `],"has_more":${travel === 'before' ? before : after},"has_more_before":${before}` +
    `,"has_more_after":${after},"total_count":${totalOf(container, selection)}}`;
  return okPage({ parts: [HEAD, ...parts, Buffer.from(tail)], digest: digest + tail });
}

const HEAD = Buffer.from('{"messages":[');

function totalOf(container: Counters, { withReplies, pinnedOnly }: Selection): number {
  if (pinnedOnly) return withReplies ? container.pinned_count : container.pinned_root_count;
  return withReplies ? container.message_count : container.root_count;
}

async function find(ctx: Ctx, containerId: number, selection: Selection, options: ListOptions): Promise<Page> {
  const { db } = ctx;
  const { limit } = options;
  const oldest = (id: number, count: number) =>
    newerKeys(db, selection, { container_id: containerId, id, limit: count });
  const newest = (id: number, count: number) =>
    olderKeys(db, selection, { container_id: containerId, id, limit: count });

  if (options.around_id !== undefined) {
    const above = Math.floor((limit - 1) / 2);
    const upper = await oldest(options.around_id, above + 1);
    const lower = await newest(options.around_id + 1, limit - above + 1);
    const after = trim(upper, above);
    const before = trim(lower, limit - above);
    return { keys: [...upper.reverse(), ...lower], before, after, travel: 'before' };
  }
  if (options.after_id !== undefined || (options.order === 'asc' && options.before_id === undefined)) {
    const start = options.after_id ?? 0;
    const keys = await oldest(start, limit + 1);
    const after = trim(keys, limit);
    const before = start > 0 && (await newest(start + 1, 1)).length > 0;
    return { keys: keys.reverse(), before, after, travel: 'after' };
  }
  const keys = await newest(options.before_id ?? NEWEST, limit + 1);
  const before = trim(keys, limit);
  const after = options.before_id !== undefined && (await oldest(options.before_id - 1, 1)).length > 0;
  return { keys, before, after, travel: 'before' };
}

/** Cuts the one entry too many that was asked for; true when it was there. */
export function trim(entries: unknown[], limit: number): boolean {
  if (entries.length <= limit) return false;
  entries.length = limit;
  return true;
}
