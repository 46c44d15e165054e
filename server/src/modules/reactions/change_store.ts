import { sql } from 'kysely';
import { change, query } from '../../db/statement.ts';
import type { MessageAt } from '../messages/store.ts';

interface ReactionKey {
  message_id: number;
  emoji: string;
  user_id: number;
}

/** Changes no row when it is there already. */
export const insertReaction = change((q, p: ReactionKey & { container_id: number; created_at: number }) =>
  q
    .insertInto('reactions')
    .values({
      container_id: p.container_id,
      message_id: p.message_id,
      emoji: p.emoji,
      user_id: p.user_id,
      created_at: p.created_at,
    })
    .onConflict((conflict) => conflict.doNothing()),
);

export const findReaction = query((q, p: ReactionKey) =>
  q
    .selectFrom('reactions as r')
    .innerJoin('users as u', 'u.id', 'r.user_id')
    .where('r.message_id', '=', p.message_id)
    .where('r.emoji', '=', p.emoji)
    .where('r.user_id', '=', p.user_id)
    .select(['r.message_id', 'r.emoji', 'r.user_id', 'u.username', 'r.created_at']),
);

export const deleteReaction = change((q, p: ReactionKey) =>
  q
    .deleteFrom('reactions')
    .where('message_id', '=', p.message_id)
    .where('emoji', '=', p.emoji)
    .where('user_id', '=', p.user_id),
);

/** Leaves `updated_at` alone: the words are the same. */
export const addToReactionCount = change((q, p: MessageAt & { delta: number }) =>
  q
    .updateTable('messages')
    .set({ reaction_count: sql<number>`reaction_count + ${p.delta}`, version: sql<number>`version + 1` })
    .where('id', '=', p.id)
    .where('container_id', '=', p.container_id),
);
