import { allow, allowInConversation, allowInRoom } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import { type Ctx, emit, lockStreams, type WriteCtx, write } from '../../context.ts';
import { AppError, invalidField } from '../../errors.ts';
import { once } from '../../idempotency.ts';
import { findMessage } from '../messages/store.ts';
import { markAnswer } from './present.ts';
import { countMentions, countSkipped, findMark, moveMark, unreadOf } from './store.ts';

export interface MarkBody {
  readonly message_id?: number;
  readonly unread: boolean;
}

/** Moves the caller's read mark: forward only, to the end or a message; `unread` puts it just before that message. */
export function markRead(
  ctx: Ctx,
  kind: 'room' | 'conversation',
  containerId: number,
  body: MarkBody,
): Promise<Answer> {
  if (body.unread && body.message_id === undefined) throw invalidField('message_id', 'required');
  return write(ctx, 'read_mark.move', async (inner) => {
    await lockStreams(inner, { containers: [containerId], users: [inner.actor.userId] });
    if (kind === 'room') await allowInRoom(inner, 'room.mark_read', containerId);
    else await allowInConversation(inner, 'conversation.mark_read', containerId);
    return once(inner, () => move(inner, containerId, body));
  });
}

async function move(ctx: WriteCtx, containerId: number, body: MarkBody): Promise<Answer> {
  const key = { container_id: containerId, user_id: ctx.actor.userId };
  const mark = await findMark.first(ctx.db, key);
  if (!mark) throw new AppError('USER_NOT_FOUND');
  const target = await targetOf(ctx, containerId, mark.last_seq, body);
  if (target === mark.last_read_seq || (target < mark.last_read_seq && !body.unread)) return ok(markAnswer(mark));
  // At the end nothing is left to count, however much was passed.
  const left =
    target === mark.last_seq
      ? { skipped: -mark.skipped_count, mentions: -mark.mention_count }
      : await passed(ctx, key, mark.last_read_seq, target);
  await moveMark.run(ctx.db, { ...key, seq: target, ...left });
  await emit(ctx, { type: 'read_mark_moved', userId: ctx.actor.userId, containerId, data: { seq: target } });
  const moved = await findMark.first(ctx.db, key);
  return ok(markAnswer(moved ?? mark));
}

/** What the counts change by between two places of the mark. */
async function passed(ctx: WriteCtx, key: { container_id: number; user_id: number }, from: number, to: number) {
  const sign = to > from ? -1 : 1;
  const range = { ...key, low: Math.min(from, to), high: Math.max(from, to) };
  const skipped = (await countSkipped.first(ctx.db, range))?.count ?? 0;
  const mentions = (await countMentions.first(ctx.db, range))?.count ?? 0;
  return { skipped: sign * skipped, mentions: sign * mentions };
}

async function targetOf(ctx: WriteCtx, containerId: number, lastSeq: number, body: MarkBody): Promise<number> {
  if (body.message_id === undefined) return lastSeq;
  const message = await findMessage.first(ctx.db, { id: body.message_id });
  // A position, also of a message deleted since: whoever has just read it must be able to say so.
  if (message?.container_id !== containerId) throw new AppError('MESSAGE_NOT_FOUND');
  return body.unread ? message.seq - 1 : message.seq;
}

/** Everything unread, rooms and conversations apart, newest activity first. */
export async function getUnread(ctx: Ctx): Promise<Answer> {
  allow(ctx, 'user.update_self');
  const found = await unreadOf.all(ctx.db, { user_id: ctx.actor.userId });
  // Conversations are not for guests, what they had before included.
  const rows = ctx.actor.role === 'guest' ? found.filter(({ visibility }) => visibility !== 'direct') : found;
  const rooms = rows
    .filter((row) => row.visibility !== 'direct')
    .map((row) => ({ room_id: row.id, ...markAnswer(row) }));
  const conversations = rows
    .filter((row) => row.visibility === 'direct')
    .map((row) => ({ conversation_id: row.id, ...markAnswer(row) }));
  const all = [...rooms, ...conversations];
  return ok({
    rooms,
    conversations,
    total_unread: all.reduce((sum, { unread_count }) => sum + unread_count, 0),
    total_mentions: all.reduce((sum, { mention_count }) => sum + mention_count, 0),
  });
}
