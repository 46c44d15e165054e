import type { Writer } from '../../db/database.ts';
import { foldForSearch } from '../../text.ts';
import { deleteWords, insertWords } from './store.ts';

const BETWEEN_WORDS = /[^\p{L}\p{N}\p{M}]+/u;

/** The words of a name or of a question, folded, each once: `Jean-Marc_É` → jean, marc, e. */
export function wordsOf(...texts: (string | null)[]): string[] {
  const words = texts.flatMap((text) => (text === null ? [] : foldForSearch(text).split(BETWEEN_WORDS)));
  return [...new Set(words.filter((word) => word !== ''))];
}

interface Named {
  readonly id: number;
  readonly username: string;
  readonly display_name: string | null;
}

/** Brings the words that find a person up to date with the names. */
export async function storeWords(db: Writer, { id, username, display_name }: Named): Promise<void> {
  await deleteWords.run(db, { user_id: id });
  await insertWords(
    db,
    wordsOf(username, display_name).map((word) => ({ word, user_id: id })),
  );
}
