import { timestamp } from '../../timestamp.ts';
import type { ReactionOfMessage } from './store.ts';

/** The object inside a message: emoji → count and people. Rows come grouped by emoji. */
export function reactionsJson(rows: readonly ReactionOfMessage[]): string {
  if (rows.length === 0) return '{}';
  let text = '';
  let open: string | undefined;
  for (const { emoji, count, user_id, username } of rows) {
    const person = `{"user_id":${user_id},"username":${JSON.stringify(username)}}`;
    if (emoji === open) text += `,${person}`;
    else text += `${open === undefined ? '{' : ']},'}${JSON.stringify(emoji)}:{"count":${count},"users":[${person}`;
    open = emoji;
  }
  return `${text}]}}`;
}

/** The list of a message: each emoji with its count and people. Rows come grouped by emoji. */
export function presentReactions(messageId: number, rows: readonly ReactionOfMessage[]) {
  const reactions: { emoji: string; count: number; users: ReturnType<typeof presentPerson>[] }[] = [];
  for (const row of rows) {
    const open = reactions.at(-1);
    if (open?.emoji === row.emoji) open.users.push(presentPerson(row));
    else reactions.push({ emoji: row.emoji, count: row.count, users: [presentPerson(row)] });
  }
  const total = reactions.reduce((sum, { count }) => sum + count, 0);
  return { message_id: messageId, total_reactions: total, reactions };
}

export function presentPerson({
  user_id,
  username,
  created_at,
}: Omit<ReactionOfMessage, 'message_id' | 'emoji' | 'count'>) {
  return { user_id, username, created_at: timestamp(created_at) };
}

/** What one person put on a message. */
export function presentReaction({ message_id, emoji, ...person }: Omit<ReactionOfMessage, 'count'>) {
  return { message_id, emoji, ...presentPerson(person) };
}
