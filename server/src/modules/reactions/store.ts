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
  created_at: number;
}

/** People shown per emoji inside a message. */
const SHOWN_PER_EMOJI = 10;
const NEVER = Number.MAX_SAFE_INTEGER;

/** Each emoji is counted along its index, and only its first people are joined, however many there are. */
const reactionsOfAll = queryOfIds<ReactionOfMessage>((q, ids) =>
  q
    .selectFrom((inner) =>
      inner
        .selectFrom('reactions as c')
        .where('c.message_id', 'in', ids)
        .groupBy(['c.message_id', 'c.emoji'])
        .select([
          'c.message_id',
          'c.emoji',
          sql<number>`count(*)`.as('count'),
          sql<number>`min(c.created_at)`.as('first_at'),
          sql<number>`coalesce((select l.created_at from reactions as l where l.message_id = c.message_id and l.emoji = c.emoji
            order by l.created_at, l.user_id limit 1 offset ${sql.lit(SHOWN_PER_EMOJI - 1)}), ${sql.lit(NEVER)})`.as(
            'last_at',
          ),
        ])
        .as('part'),
    )
    .innerJoin('reactions as r', (join) =>
      join
        .onRef('r.message_id', '=', 'part.message_id')
        .onRef('r.emoji', '=', 'part.emoji')
        .onRef('r.created_at', '<=', 'part.last_at'),
    )
    .innerJoin('users as u', 'u.id', 'r.user_id')
    .orderBy('part.message_id')
    .orderBy('part.first_at')
    .orderBy('part.emoji')
    .orderBy('r.created_at')
    .orderBy('r.user_id')
    .select(['part.message_id', 'part.emoji', 'part.count', 'r.user_id', 'u.username', 'r.created_at']),
);

/** Per message and emoji: the exact count and the first people, oldest first; emoji in the order of their first use. */
export async function reactionsOf(
  db: Reader,
  messageIds: readonly number[],
): Promise<Map<number, ReactionOfMessage[]>> {
  const found = new Map<number, ReactionOfMessage[]>();
  let [emoji, shown]: [string | undefined, number] = [undefined, 0];
  for (const row of await reactionsOfAll.all(db, messageIds)) {
    const list = found.get(row.message_id);
    shown = list && row.emoji === emoji ? shown + 1 : 1;
    emoji = row.emoji;
    // Those of one moment come together, and may be more.
    if (shown > SHOWN_PER_EMOJI) continue;
    if (list) list.push(row);
    else found.set(row.message_id, [row]);
  }
  return found;
}

/** Those who chose an emoji, oldest first, after a place among them. */
export const peopleAfter = query(
  (q, p: { message_id: number; emoji: string; created_at: number; user_id: number; limit: number }) =>
    q
      .selectFrom('reactions as r')
      .innerJoin('users as u', 'u.id', 'r.user_id')
      .where('r.message_id', '=', p.message_id)
      .where('r.emoji', '=', p.emoji)
      .where(sql<boolean>`(r.created_at, r.user_id) > (${p.created_at}, ${p.user_id})`)
      .orderBy('r.created_at')
      .orderBy('r.user_id')
      .limit(p.limit)
      .select(['r.user_id', 'u.username', 'r.created_at']),
);

export const countOf = query((q, p: { message_id: number; emoji: string }) =>
  q
    .selectFrom('reactions')
    .where('message_id', '=', p.message_id)
    .where('emoji', '=', p.emoji)
    .select(sql<number>`count(*)`.as('count')),
);

const ownBetween = query((q, p: { user_id: number; low: number; high: number }) =>
  q
    .selectFrom('reactions')
    .where('user_id', '=', p.user_id)
    .where('message_id', '>=', p.low)
    .where('message_id', '<=', p.high)
    .orderBy('message_id')
    .orderBy('created_at')
    .orderBy('emoji')
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
