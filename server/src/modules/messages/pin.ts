import { allowOnMessage, type OnMessage } from '../../access.ts';
import { type Answer, okJson } from '../../answer.ts';
import { type Ctx, emit, type WriteCtx, write } from '../../context.ts';
import { AppError, unprocessable } from '../../errors.ts';
import { once } from '../../idempotency.ts';
import { addToCounters, setPinned } from './change_store.ts';
import type { MessageOfContainer } from './store.ts';

/** Pins or unpins; doing it twice changes nothing more. At most MAX_PINS_PER_ROOM a room. */
export function pinMessage(ctx: Ctx, messageId: number, pinned: boolean): Promise<Answer> {
  return write(ctx, 'message.pin', async (inner) => {
    const held = await allowOnMessage(inner, 'message.pin', messageId);
    return once(inner, async () => {
      if ((held.message.is_pinned === 1) !== pinned) await change(inner, held, pinned);
      const text = await inner.deps.messages.fragments.fresh(inner.db, inner.actor.userId, messageId);
      if (text === undefined) throw new AppError('MESSAGE_NOT_FOUND');
      return okJson(text);
    });
  });
}

async function change(ctx: WriteCtx, held: OnMessage, pinned: boolean) {
  const { message } = held;
  const limit = ctx.deps.config.MAX_PINS_PER_ROOM;
  if (pinned && pinnedIn(held) >= limit) throw unprocessable('too_many_pins', { limit });
  await setPinned.run(ctx.db, { id: message.id, container_id: message.container_id, is_pinned: pinned ? 1 : 0 });
  await addToCounters.run(ctx.db, pinCounts(message, pinned ? 1 : -1));
  await emit(ctx, {
    type: pinned ? 'message_pinned' : 'message_unpinned',
    containerId: message.container_id,
    messageId: message.id,
    version: message.version + 1,
    audit: { userId: message.author_id },
  });
}

function pinCounts(message: MessageOfContainer, delta: number) {
  return {
    id: message.container_id,
    messages: 0,
    roots: 0,
    pinned: delta,
    pinned_roots: message.parent_id === null ? delta : 0,
  };
}

function pinnedIn({ room, conversation }: OnMessage): number {
  return (room ?? conversation)?.pinned_count ?? 0;
}
