import type { Reader } from '../../db/database.ts';
import { findMentionable } from './append_store.ts';
import type { Draft } from './append_tally.ts';
import { mentionCandidates, resolveMentions } from './mentions.ts';

/** Fills in whom each message mentions. Most messages have no `@` and cost nothing here. */
export async function resolveNames(db: Reader, drafts: readonly Draft[]): Promise<void> {
  for (const draft of drafts) {
    draft.mentions = await mentionsIn(
      db,
      draft.input.content,
      draft.input.containerId,
      draft.input.actor.userId,
      draft.visibility === 'public',
    );
  }
}

/** Ids of the people a text mentions, in order of first appearance; only those who can see the container. */
export async function mentionsIn(
  db: Reader,
  content: string,
  containerId: number,
  authorId: number,
  everyoneSees: boolean,
): Promise<number[]> {
  const names = mentionCandidates(content);
  if (names.length === 0) return [];
  const found = await findMentionable(db, { containerId, authorId, names, everyoneSees });
  const ids = new Map(found.map(({ username_key, id }) => [username_key, id]));
  return resolveMentions(content, (name) => ids.get(name));
}
