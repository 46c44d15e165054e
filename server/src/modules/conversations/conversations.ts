import { randomUUID } from 'node:crypto';
import { allow, allowInConversation } from '../../access.ts';
import { type Answer, created, ok } from '../../answer.ts';
import { type Ctx, emit, lockStreams, type WriteCtx, write } from '../../context.ts';
import type { Reader } from '../../db/database.ts';
import { AppError, unprocessable } from '../../errors.ts';
import { once } from '../../idempotency.ts';
import { insertContainer } from '../containers/store.ts';
import { findTarget } from '../members/store.ts';
import { addToCounter } from '../statistics/tally_store.ts';
import { type LastMessage, presentConversation } from './present.ts';
import {
  type ConversationForUser,
  countConversations,
  findConversation,
  findConversations,
  findLastMessage,
  findPair,
  insertConversation,
  insertSide,
  listConversationIds,
  setBlocked,
} from './store.ts';

export async function listConversations(
  ctx: Ctx,
  { limit, offset, include_last_message: withLast }: { limit: number; offset: number; include_last_message: boolean },
): Promise<Answer> {
  allow(ctx, 'conversation.list');
  const user_id = ctx.actor.userId;
  const ids = await listConversationIds.all(ctx.db, { user_id, limit, offset });
  const rows = await findConversations.firstOfEach(
    ctx.db,
    ids.map(({ id }) => ({ container_id: id, user_id })),
  );
  const last = withLast ? await lastMessages(ctx.db, ids) : undefined;
  const total = (await countConversations.first(ctx.db, { user_id }))?.count ?? 0;
  const found = rows.filter((row): row is ConversationForUser => row !== undefined);
  return ok({
    conversations: found.map((row) => presentConversation(row, ctx.deps, last && (last.get(row.id) ?? null))),
    total,
    has_more: offset + ids.length < total,
  });
}

export async function getConversation(ctx: Ctx, conversationId: number): Promise<Answer> {
  const conversation = await allowInConversation(ctx, 'conversation.read', conversationId);
  const last = await lastMessages(ctx.db, [conversation]);
  return ok(presentConversation(conversation, ctx.deps, last.get(conversationId) ?? null));
}

/** The one conversation of two people: 201 when made, 200 when it was there, blocked or not. */
export function openConversation(ctx: Ctx, otherId: number): Promise<Answer> {
  return write(ctx, 'conversation.open', async (inner) => {
    allow(inner, 'conversation.create');
    const low = Math.min(inner.actor.userId, otherId);
    const high = Math.max(inner.actor.userId, otherId);
    await inner.db.lock([`pair:${low}:${high}`]);
    const other = await findTarget.first(inner.db, { container_id: 0, user_id: otherId });
    if (!other) throw new AppError('USER_NOT_FOUND');
    if (low === high) throw unprocessable('oneself', { field: 'user_id' });
    return once(inner, async () => {
      const pair = await findPair.first(inner.db, { low, high });
      if (pair) return ok(await present(inner, pair.id));
      return created(await present(inner, await make(inner, low, high, otherId)));
    });
  });
}

async function make(ctx: WriteCtx, low: number, high: number, otherId: number): Promise<number> {
  const container = await insertContainer.first(ctx.db, { uuid: randomUUID(), visibility: 'direct', at: ctx.now });
  const id = container?.id as number;
  await lockStreams(ctx, { containers: [id] });
  await insertConversation.run(ctx.db, { id, low, high });
  for (const user_id of [low, high]) await insertSide.run(ctx.db, { container_id: id, user_id, at: ctx.now });
  await emit(ctx, { type: 'conversation_created', containerId: id, userId: otherId });
  await addToCounter.run(ctx.db, { name: 'conversations', delta: 1 });
  return id;
}

/** Sets the caller's own flag against the other side. */
export function blockConversation(ctx: Ctx, conversationId: number, blocked: boolean): Promise<Answer> {
  return write(ctx, 'conversation.block', async (inner) => {
    const conversation = await allowInConversation(inner, 'conversation.block', conversationId);
    return once(inner, async () => {
      if ((conversation.blocked_by_me === 1) !== blocked) {
        await setBlocked.run(inner.db, {
          container_id: conversationId,
          user_id: inner.actor.userId,
          has_blocked: blocked ? 1 : 0,
        });
        await emit(inner, {
          type: blocked ? 'conversation_blocked' : 'conversation_unblocked',
          containerId: conversationId,
          userId: inner.actor.userId,
          audit: { userId: conversation.other_id },
        });
      }
      return ok(await present(inner, conversationId));
    });
  });
}

async function present(ctx: Ctx, conversationId: number) {
  const conversation = await findConversation.first(ctx.db, {
    container_id: conversationId,
    user_id: ctx.actor.userId,
  });
  if (!conversation) throw new AppError('CONVERSATION_NOT_FOUND');
  const last = await lastMessages(ctx.db, [{ id: conversationId }]);
  return presentConversation(conversation, ctx.deps, last.get(conversationId) ?? null);
}

async function lastMessages(db: Reader, ids: readonly { id: number }[]): Promise<Map<number, LastMessage>> {
  const found = await findLastMessage.firstOfEach(
    db,
    ids.map(({ id }) => ({ container_id: id })),
  );
  const last = new Map<number, LastMessage>();
  for (const [place, message] of found.entries()) {
    if (message)
      last.set(ids[place]?.id ?? 0, {
        id: message.id,
        content: message.content,
        author_id: message.author_id,
        created_at: message.created_at,
      });
  }
  return last;
}
