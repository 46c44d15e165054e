import { allowOnMessage } from '../../access.ts';
import { type Answer, noContent, okJson } from '../../answer.ts';
import { type Ctx, emit, type WriteCtx, write } from '../../context.ts';
import { fileDeleted } from '../files/delete.ts';
import { dropFiles, removeBlobs } from '../files/drop.ts';
import { findFilesOfMessage } from '../files/store.ts';
import { uncountMessage } from '../statistics/tally.ts';
import { forgetBodies } from '../webhooks/delivery_store.ts';
import {
  addMentionCounts,
  addToCounters,
  deleteMentions,
  deleteReactions,
  deleteRevisions,
  dropReply,
  findMentioned,
  scrub,
  skipForUnread,
} from './change_store.ts';
import { findThreadCount, type MessageOfContainer } from './store.ts';

/** Scrubs a message and takes it out of lists and counts; with living replies a tombstone stays in lists. */
export async function deleteMessage(ctx: Ctx, messageId: number, reason: string | null | undefined): Promise<Answer> {
  const { answer, names } = await write(ctx, 'message.delete', async (inner) => {
    const { message } = await allowOnMessage(inner, 'message.delete', messageId);
    const { fragments } = inner.deps.messages;
    const asItWas = inner.request.representation
      ? await fragments.fresh(inner.db, inner.actor.userId, messageId)
      : undefined;
    const files = message.attachment_count > 0 ? await findFilesOfMessage.all(inner.db, { message_id: messageId }) : [];
    await takeOut(inner, message);
    const threadCount =
      message.parent_id === null ? undefined : await dropFromThread(inner, message.container_id, message.parent_id);
    await emit(inner, {
      type: 'message_deleted',
      containerId: message.container_id,
      messageId,
      version: message.version + 1,
      data: { seq: message.seq, ...(threadCount === undefined ? {} : { thread_count: threadCount }) },
      audit: {
        userId: message.author_id,
        details: {
          reason: reason ?? inner.request.auditReason ?? null,
          ...(isKept(inner, message) ? { content: message.content } : {}),
        },
      },
    });
    for (const file of files) await emit(inner, fileDeleted(inner, file));
    const { names } = await dropFiles(inner, files);
    return { answer: asItWas === undefined ? noContent : okJson(asItWas), names };
  });
  await removeBlobs(ctx, names);
  return answer;
}

/** What two people said to each other is for nobody who reads the audit log. */
function isKept(ctx: Ctx, { visibility }: MessageOfContainer): boolean {
  return ctx.deps.config.AUDIT_KEEP_CONTENT && visibility !== 'direct';
}

async function takeOut(ctx: WriteCtx, message: MessageOfContainer) {
  const isRoot = message.parent_id === null ? 1 : 0;
  const place = { container_id: message.container_id, seq: message.seq };
  const mentioned = await findMentioned.all(ctx.db, { message_id: message.id });
  await addMentionCounts.run(
    ctx.db,
    mentioned.map(({ user_id }) => ({ ...place, user_id, delta: -1 })),
  );
  await deleteMentions.run(ctx.db, { message_id: message.id });
  await deleteRevisions.run(ctx.db, { message_id: message.id });
  await uncountMessage(ctx.db, message);
  await deleteReactions.run(ctx.db, { message_id: message.id });
  await scrub.run(ctx.db, { id: message.id, container_id: message.container_id, at: ctx.now });
  // After it, as whoever ends a delivery holds the message first.
  await forgetBodies.run(ctx.db, { message_id: message.id });
  await addToCounters.run(ctx.db, {
    id: message.container_id,
    messages: -1,
    roots: -isRoot,
    pinned: -message.is_pinned,
    pinned_roots: -message.is_pinned * isRoot,
  });
  await skipForUnread.run(ctx.db, { ...place, author_id: message.author_id });
}

async function dropFromThread(ctx: WriteCtx, container_id: number, id: number): Promise<number> {
  await dropReply.run(ctx.db, { id, container_id });
  return (await findThreadCount.first(ctx.db, { id, container_id }))?.thread_count ?? 0;
}
