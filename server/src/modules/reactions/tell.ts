import { emit, type WriteCtx } from '../../context.ts';
import type { MessageOfContainer } from '../messages/store.ts';
import { hourOf } from '../statistics/hours.ts';
import { countReactions } from '../statistics/tally.ts';

/**
 * Emits the event of a reaction and counts it for the statistics, in the hour in which it was given. The event carries what is left of its
 * emoji, so that whoever missed some ends with the right count.
 */
export async function tellOfReaction(
  ctx: WriteCtx,
  type: 'reaction_added' | 'reaction_removed',
  message: MessageOfContainer,
  { created_at, ...data }: { emoji: string; count: number; created_at: number },
): Promise<void> {
  await emit(ctx, {
    type,
    containerId: message.container_id,
    messageId: message.id,
    userId: ctx.actor.userId,
    version: message.version + 1,
    data,
  });
  const given = { hour: hourOf(created_at), reactions: type === 'reaction_added' ? 1 : -1 };
  await countReactions(ctx.db, { id: message.container_id, visibility: message.visibility }, [given]);
}
