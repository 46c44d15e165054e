import { allowOnMessage, type OnMessage } from '../../access.ts';
import { type Answer, okJson } from '../../answer.ts';
import { type Ctx, emit, type WriteCtx, write } from '../../context.ts';
import { mentionsOf } from './append_mentions.ts';
import { insertMentions } from './append_store.ts';
import { addMentionCounts, deleteMention, updateContent } from './change_store.ts';
import { renderMessage } from './read.ts';
import { refuseContent } from './send.ts';
import { insertRevision, type MessageOfContainer } from './store.ts';

/** New words for one's own message. Every wording is kept; only people newly mentioned are told. The same words change nothing. */
export async function editMessage(
  ctx: Ctx,
  messageId: number,
  body: { content: string; edit_reason?: string | null },
): Promise<Answer> {
  refuseContent(body.content, ctx.deps.config.MAX_MESSAGE_LENGTH, true);
  const key = await write(ctx, 'message.edit', async (inner) => {
    const held = await allowOnMessage(inner, 'message.edit', messageId);
    const { message } = held;
    refuseContent(body.content, ctx.deps.config.MAX_MESSAGE_LENGTH, message.attachment_count > 0);
    if (message.content === body.content) return message;
    await keepWordings(inner, message, body.content, body.edit_reason ?? null);
    const mentions = await changeMentions(inner, held, body.content);
    await updateContent.run(inner.db, {
      id: message.id,
      container_id: message.container_id,
      content: body.content,
      mentions,
      at: inner.now,
    });
    const version = message.version + 1;
    await emit(inner, {
      type: 'message_updated',
      containerId: message.container_id,
      messageId,
      version,
      audit: { userId: message.author_id, details: { edit_reason: body.edit_reason ?? null } },
    });
    return { id: message.id, container_id: message.container_id, version, reaction_count: message.reaction_count };
  });
  return okJson(await renderMessage(ctx, key));
}

async function keepWordings(ctx: WriteCtx, message: MessageOfContainer, content: string, reason: string | null) {
  const revision = { container_id: message.container_id, message_id: message.id, editor_id: ctx.actor.userId };
  if (message.edit_count === 0) {
    await insertRevision.run(ctx.db, {
      ...revision,
      version: message.version,
      content: message.content ?? '',
      edit_reason: null,
      created_at: message.created_at,
    });
  }
  await insertRevision.run(ctx.db, {
    ...revision,
    version: message.version + 1,
    content,
    edit_reason: reason,
    created_at: ctx.now,
  });
}

async function changeMentions(ctx: WriteCtx, { message, room }: OnMessage, content: string): Promise<string> {
  const before = JSON.parse(message.mentions) as number[];
  const [after = []] = await mentionsOf(ctx.db, [
    {
      content,
      containerId: message.container_id,
      authorId: message.author_id,
      isOpen: room?.visibility === 'public',
      now: ctx.now,
    },
  ]);
  const place = { container_id: message.container_id, seq: message.seq };
  const others = (ids: number[], except: number[]) =>
    ids.filter((id) => id !== message.author_id && !except.includes(id));
  const added = others(after, before);
  const removed = others(before, after);
  for (const user_id of removed) await deleteMention.run(ctx.db, { ...place, user_id });
  await insertMentions(
    ctx.db,
    added.map((user_id) => ({ ...place, user_id, message_id: message.id })),
  );
  await addMentionCounts.run(ctx.db, [
    ...added.map((user_id) => ({ ...place, user_id, delta: 1 })),
    ...removed.map((user_id) => ({ ...place, user_id, delta: -1 })),
  ]);
  return JSON.stringify(after);
}
