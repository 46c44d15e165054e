import { allow, allowOnMessage } from '../../access.ts';
import { type Answer, ok, okJson } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { timestamp } from '../../timestamp.ts';
import type { MessageKey } from './fragments.ts';
import { refuseTwoCursors, trim } from './list.ts';
import { mentionKeys, newerReplies, olderReplies } from './page_store.ts';
import { findRevisions, findThreadCount, type MessageAt } from './store.ts';

/** One message as the caller sees it now; 404 when it has gone since it was looked at. */
export async function renderMessage(ctx: Ctx, key: MessageKey): Promise<string> {
  const [text] = await ctx.deps.messages.fragments.render(ctx.deps.db.reader, ctx.actor.userId, [key]);
  if (text === undefined) throw new AppError('MESSAGE_NOT_FOUND');
  return text;
}

export async function getMessage(ctx: Ctx, messageId: number): Promise<Answer> {
  const { message } = await allowOnMessage(ctx, 'message.list', messageId);
  return okJson(await renderMessage(ctx, message));
}

/** The replies of a message's thread, oldest first; of a reply, those of its root. */
export async function getThread(
  ctx: Ctx,
  messageId: number,
  options: { limit: number; before_id?: number; after_id?: number },
): Promise<Answer> {
  refuseTwoCursors(options);
  const { message } = await allowOnMessage(ctx, 'message.list', messageId);
  const { container_id } = message;
  const parent_id = message.parent_id ?? message.id;
  const { limit } = options;
  const edge = { container_id, parent_id, id: options.before_id ?? options.after_id ?? 0, limit: limit + 1 };
  const keys = await (options.before_id === undefined ? newerReplies : olderReplies).all(ctx.db, edge);
  const hasMore = trim(keys, limit);
  if (options.before_id !== undefined) keys.reverse();
  const texts = await ctx.deps.messages.fragments.render(ctx.db, ctx.actor.userId, keys);
  const total =
    message.parent_id === null ? message.thread_count : await countThread(ctx, { id: parent_id, container_id });
  return okJson(`{"messages":[${texts.join(',')}],"total":${total},"has_more":${hasMore}}`);
}

async function countThread(ctx: Ctx, root: MessageAt): Promise<number> {
  return (await findThreadCount.first(ctx.db, root))?.thread_count ?? 0;
}

/** Every wording a message has had, newest first; one that was never edited has one. */
export async function getHistory(
  ctx: Ctx,
  messageId: number,
  options: { limit: number; offset: number },
): Promise<Answer> {
  const { message } = await allowOnMessage(ctx, 'message.list', messageId);
  const { limit, offset } = options;
  const original = {
    version: message.version,
    content: message.content ?? '',
    edit_reason: null,
    editor_id: message.author_id,
    editor_username: message.username,
    created_at: message.created_at,
  };
  const rows =
    message.edit_count === 0
      ? [original].slice(offset)
      : await findRevisions.all(ctx.db, { message_id: messageId, limit: limit + 1, offset });
  const hasMore = trim(rows, limit);
  return ok({
    revisions: rows.map((row) => ({ ...row, created_at: timestamp(row.created_at) })),
    total: message.edit_count + 1,
    has_more: hasMore,
  });
}

/** Messages that mention the caller, newest first. */
export async function listMentions(ctx: Ctx, options: { limit: number; cursor?: string }): Promise<Answer> {
  allow(ctx, 'user.update_self');
  const { limit } = options;
  const id = options.cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(options.cursor);
  const keys = await mentionKeys.all(ctx.db, {
    user_id: ctx.actor.userId,
    id,
    limit: limit + 1,
    now: ctx.now,
    is_guest: ctx.actor.role === 'guest' ? 1 : 0,
  });
  const hasMore = trim(keys, limit);
  const texts = await ctx.deps.messages.fragments.render(ctx.db, ctx.actor.userId, keys);
  const next = hasMore ? `"${keys.at(-1)?.id}"` : 'null';
  return okJson(`{"messages":[${texts.join(',')}],"has_more":${hasMore},"next_cursor":${next}}`);
}
