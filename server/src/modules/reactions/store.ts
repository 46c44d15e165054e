import { sql } from 'kysely';
import type { Reader } from '../../db/database.ts';
import { queryOfIds } from '../../db/many.ts';
import { query } from '../../db/statement.ts';

export interface ReactionOfMessage {
  message_id: number;
  emoji: string;
  count: number;
  user_id: number;
  username: string;
}

/** People shown per emoji inside a message. */
const SHOWN_PER_EMOJI = 10;

const reactionsOfAll = queryOfIds<ReactionOfMessage>((q, ids) =>
  q
    .selectFrom((inner) =>
      inner
        .selectFrom('reactions as r')
        .innerJoin('users as u', 'u.id', 'r.user_id')
        .where('r.message_id', 'in', ids)
        .select([
          'r.message_id',
          'r.emoji',
          'r.user_id',
          'u.username',
          sql<number>`count(*) over (partition by r.message_id, r.emoji)`.as('count'),
          sql<number>`row_number() over (partition by r.message_id, r.emoji order by r.created_at, r.user_id)`.as(
            'place',
          ),
          sql<number>`min(r.created_at) over (partition by r.message_id, r.emoji)`.as('first_at'),
        ])
        .as('counted'),
    )
    .where('place', '<=', SHOWN_PER_EMOJI)
    .orderBy('message_id')
    .orderBy('first_at')
    .orderBy('emoji')
    .orderBy('place')
    .select(['message_id', 'emoji', 'user_id', 'username', 'count']),
);

/** Per message and emoji: the exact count and the first people, oldest first; emoji in the order of their first use. */
export async function reactionsOf(
  db: Reader,
  messageIds: readonly number[],
): Promise<Map<number, ReactionOfMessage[]>> {
  const found = new Map<number, ReactionOfMessage[]>();
  const rows = await reactionsOfAll.all(db, messageIds);
  for (const row of rows) {
    const list = found.get(row.message_id);
    if (list) list.push(row);
    else found.set(row.message_id, [row]);
  }
  return found;
}

const ownBetween = query((q, p: { user_id: number; low: number; high: number }) =>
  q
    .selectFrom('reactions')
    .where('user_id', '=', p.user_id)
    .where('message_id', '>=', p.low)
    .where('message_id', '<=', p.high)
    .orderBy('message_id')
    .orderBy('created_at')
    .select(['message_id', 'emoji']),
);

/** What this viewer put on the messages of an id range. */
export async function ownReactions(
  db: Reader,
  userId: number,
  low: number,
  high: number,
): Promise<Map<number, string[]>> {
  const found = new Map<number, string[]>();
  for (const { message_id, emoji } of await ownBetween.all(db, { user_id: userId, low, high })) {
    const list = found.get(message_id);
    if (list) list.push(emoji);
    else found.set(message_id, [emoji]);
  }
  return found;
}
