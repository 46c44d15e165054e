import type { ReactionOfMessage } from './store.ts';

/** The document's object: emoji → count and people. Rows come grouped by emoji. */
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
