import { allowOnMessage } from '../../access.ts';
import { type Answer, created, ok } from '../../answer.ts';
import { type Ctx, write } from '../../context.ts';
import { unprocessable } from '../../errors.ts';
import { once } from '../../idempotency.ts';
import { addToReactionCount, insertReaction } from './change_store.ts';
import { emojiOf } from './emoji.ts';
import { presentReactions } from './present.ts';
import { reactionsOf } from './store.ts';
import { tellOfReaction } from './tell.ts';

/**
 * Puts an emoji on a message and answers all there are: 201 the first time, 200 after. At most MAX_EMOJI_PER_MESSAGE different ones.
 */
export async function addReaction(ctx: Ctx, messageId: number, written: string): Promise<Answer> {
  const emoji = emojiOf(written);
  return write(ctx, 'reaction.add', async (inner) => {
    const { message } = await allowOnMessage(inner, 'reaction.add', messageId);
    return once(inner, async () => {
      const { container_id } = message;
      const key = { message_id: messageId, emoji, user_id: inner.actor.userId };
      const isNew = (await insertReaction.run(inner.db, { ...key, container_id, created_at: inner.now })) === 1;
      const rows = (await reactionsOf(inner.db, [messageId])).get(messageId) ?? [];
      const shown = presentReactions(messageId, rows);
      if (!isNew) return ok(shown);
      const limit = inner.deps.config.MAX_EMOJI_PER_MESSAGE;
      if (shown.reactions.length > limit) throw unprocessable('too_many_emoji', { limit });
      await addToReactionCount.run(inner.db, { id: messageId, container_id, delta: 1 });
      const count = shown.reactions.find((one) => one.emoji === emoji)?.count ?? 0;
      await tellOfReaction(inner, 'reaction_added', message, { emoji, count, created_at: inner.now });
      return created(shown);
    });
  });
}
