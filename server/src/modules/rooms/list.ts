import { allow } from '../../access.ts';
import { type Answer, okJson } from '../../answer.ts';
import { parseRate } from '../../config.ts';
import type { Ctx } from '../../context.ts';
import { decodeCursor, encodeCursor } from '../../cursor.ts';
import { invalidField, rateLimited } from '../../errors.ts';
import { foldForSearch, likePattern } from '../../text.ts';
import { countList, countSearch, type ListFilter, listPage, type PageOf, searchPage } from './list_store.ts';
import { roomJson } from './present.ts';
import type { ListRooms } from './schema.ts';
import type { ShownRoom } from './store.ts';

/** Before the newest room there can be. */
const BEFORE_ALL = { last_activity: Number.MAX_SAFE_INTEGER, id: Number.MAX_SAFE_INTEGER };

/**
 * Rooms by newest activity, each with what the caller has not read there. A public room stays in the list of somebody banned from it,
 * as it stays public; it answers 403.
 */
export async function listRooms(ctx: Ctx, options: ListRooms): Promise<Answer> {
  const { limit, offset, filter = 'visible' } = options;
  const edge = edgeOf(options, offset);
  const pattern = patternOf(options.search);
  allow(ctx, filter === 'all' ? 'room.list_all' : 'room.list');
  if (pattern !== undefined) await refuseManySearches(ctx);
  const user_id = ctx.actor.userId;
  const page = { user_id, ...edge, limit: limit + 1, offset, window: offset + limit + 1 };
  const { rooms, total } = await find(ctx, filter, page, pattern);
  const hasMore = rooms.length > limit;
  if (hasMore) rooms.length = limit;
  const last = rooms.at(-1);
  const next = hasMore && last ? `"${encodeCursor([last.last_activity, last.id])}"` : 'null';
  return okJson(
    `{"rooms":[${rooms.map(roomJson).join(',')}],"total":${total},"has_more":${hasMore},"next_cursor":${next}}`,
  );
}

/** A search reads every name: it counts as a search besides being a request. */
async function refuseManySearches({ deps, actor }: Ctx): Promise<void> {
  if (deps.config.RATE_LIMITS === 'off') return;
  const rate = parseRate(deps.config.RATE_LIMIT_SEARCH);
  const verdict = await deps.limiter.take(`search:${actor.userId}`, rate);
  if (!verdict.allowed) throw rateLimited({ scope: 'search', ...rate, retryAfterMs: verdict.retryAfterMs });
}

async function find(ctx: Ctx, filter: ListFilter, page: PageOf, pattern: string | undefined) {
  const [rooms, total] = await (pattern === undefined
    ? Promise.all([listPage(ctx.db, filter, page), countList(ctx.db, filter, page.user_id)])
    : Promise.all([searchPage(ctx.db, filter, page, pattern), countSearch(ctx.db, filter, page.user_id, pattern)]));
  return { rooms: rooms as ShownRoom[], total };
}

function edgeOf({ cursor }: ListRooms, offset: number) {
  if (cursor === undefined) return BEFORE_ALL;
  if (offset > 0) throw invalidField('offset', 'excludes_cursor');
  const [last_activity, id] = decodeCursor(cursor);
  return { last_activity, id };
}

/** A search without anything to search for is none. */
function patternOf(search: string | undefined): string | undefined {
  if (search === undefined) return undefined;
  if (search.includes('\u0000') || !search.isWellFormed()) throw invalidField('search', 'forbidden_characters');
  const folded = foldForSearch(search);
  return folded === '' ? undefined : `%${likePattern(folded)}%`;
}
