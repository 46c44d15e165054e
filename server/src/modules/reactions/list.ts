import { allowOnMessage } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import { decodeCursor, encodeCursor } from '../../cursor.ts';
import { invalidField } from '../../errors.ts';
import { emojiOf } from './emoji.ts';
import { presentPerson, presentReactions } from './present.ts';
import { countOf, peopleAfter, reactionsOf } from './store.ts';

interface ListOptions {
  readonly emoji?: string;
  readonly limit: number;
  readonly cursor?: string;
}

const BEFORE_ALL = [0, 0] as const;

/** The reactions to a message, the first people of each emoji with it; with `emoji` everybody who chose that one, in pages. */
export async function listReactions(ctx: Ctx, messageId: number, options: ListOptions): Promise<Answer> {
  if (options.emoji !== undefined) return listPeople(ctx, messageId, emojiOf(options.emoji), options);
  if (options.cursor !== undefined) throw invalidField('cursor', 'needs_emoji');
  await allowOnMessage(ctx, 'message.list', messageId);
  const rows = (await reactionsOf(ctx.db, [messageId])).get(messageId) ?? [];
  return ok(presentReactions(messageId, rows));
}

async function listPeople(ctx: Ctx, messageId: number, emoji: string, options: ListOptions): Promise<Answer> {
  const [created_at, user_id] = options.cursor === undefined ? BEFORE_ALL : decodeCursor(options.cursor);
  const { limit } = options;
  const { message } = await allowOnMessage(ctx, 'message.list', messageId);
  const of = { message_id: messageId, emoji };
  const [people, counted] = await Promise.all([
    peopleAfter.all(ctx.db, { ...of, created_at, user_id, limit: limit + 1 }),
    countOf.first(ctx.db, of),
  ]);
  const hasMore = people.length > limit;
  if (hasMore) people.length = limit;
  const last = people.at(-1);
  const count = counted?.count ?? 0;
  return ok({
    message_id: messageId,
    total_reactions: message.reaction_count,
    reactions: count === 0 ? [] : [{ emoji, count, users: people.map(presentPerson) }],
    has_more: hasMore,
    next_cursor: hasMore && last ? encodeCursor([last.created_at, last.user_id]) : null,
  });
}
