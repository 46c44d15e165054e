import { allowOnMessage } from '../../access.ts';
import { type Answer, noContent, ok } from '../../answer.ts';
import { type Ctx, write } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { addToReactionCount, deleteReaction, findReaction } from './change_store.ts';
import { emojiOf } from './emoji.ts';
import { presentReaction } from './present.ts';
import { countOf } from './store.ts';
import { tellOfReaction } from './tell.ts';

/** Takes back one's own emoji; 404 NOT_FOUND when it is not there. */
export async function removeReaction(ctx: Ctx, messageId: number, written: string): Promise<Answer> {
  const emoji = emojiOf(written);
  return write(ctx, 'reaction.remove', async (inner) => {
    const { message } = await allowOnMessage(inner, 'reaction.remove', messageId);
    const key = { message_id: messageId, emoji, user_id: inner.actor.userId };
    const found = await findReaction.first(inner.db, key);
    if (!found) throw new AppError('NOT_FOUND');
    await deleteReaction.run(inner.db, key);
    await addToReactionCount.run(inner.db, { id: messageId, container_id: message.container_id, delta: -1 });
    const left = await countOf.first(inner.db, { message_id: messageId, emoji });
    await tellOfReaction(inner, 'reaction_removed', message, {
      emoji,
      count: left?.count ?? 0,
      created_at: found.created_at,
    });
    return inner.request.representation ? ok(presentReaction(found)) : noContent;
  });
}
