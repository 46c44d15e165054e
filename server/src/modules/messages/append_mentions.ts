import type { Reader } from '../../db/database.ts';
import { findMentionable } from './append_store.ts';
import { mentionCandidates, resolveMentions } from './mentions.ts';

export interface Mentioning {
  readonly content: string;
  readonly containerId: number;
  readonly authorId: number;
  /** Everybody may read it, as in a public room. */
  readonly isOpen: boolean;
  readonly now: number;
}

/**
 * Ids of the people each text mentions, in order of first appearance; only those who can see the container. All names of all texts
 * are looked up together; a text without `@` costs nothing.
 */
export async function mentionsOf(db: Reader, texts: readonly Mentioning[]): Promise<number[][]> {
  const names = texts.map(({ content }) => mentionCandidates(content));
  const inputs = texts.flatMap(({ containerId, authorId, isOpen, now }, place) =>
    (names[place] as string[]).map((username_key) => ({
      username_key,
      container_id: containerId,
      author_id: authorId,
      is_open: isOpen ? 1 : 0,
      now,
    })),
  );
  const found = await findMentionable.firstOfEach(db, inputs);
  let next = 0;
  return texts.map(({ content }, place) => {
    const ids = new Map<string, number>();
    for (const name of names[place] as string[]) {
      const person = found[next++];
      if (person) ids.set(name, person.id);
    }
    return ids.size === 0 ? [] : resolveMentions(content, (name) => ids.get(name));
  });
}
