import { LRUCache } from 'lru-cache';
import type { Reader } from '../../db/database.ts';
import type { NewEvent } from '../../events.ts';
import { ownReactions, reactionsOf } from '../reactions/store.ts';
import { messageFragment, withOwnReactions } from './present.ts';
import { findMessage, findMessages } from './store.ts';

/** Bytes of kept fragments; a message takes 600 to 2 600. */
const KEPT_BYTES = 32 * 1024 * 1024;

export interface MessageKey {
  readonly id: number;
  readonly version: number;
  readonly reaction_count: number;
}

export interface MessageFragments {
  /** The messages for one viewer, as JSON texts in the order of the keys. */
  render(db: Reader, viewerId: number, keys: readonly MessageKey[]): Promise<string[]>;
  /** One message as a transaction sees it; nothing is kept, since it may yet be undone. */
  fresh(db: Reader, viewerId: number, id: number): Promise<string | undefined>;
  follow(event: NewEvent): void;
}

/**
 * A message is serialised once per version and its text kept, so that a page is a read of ids and versions plus a join of texts.
 * A version never names two texts: every change of a message, its thread's count and its reactions raises it; names do not, so
 * a renaming empties the cache.
 */
export function createMessageFragments(): MessageFragments {
  const kept = new LRUCache<number, { version: number; text: string }>({
    maxSize: KEPT_BYTES,
    // A text put together of pieces stays a tree of them, ten times as large, until something goes through it: this does.
    sizeCalculation: ({ text }) => Buffer.byteLength(text),
  });
  // A text made from rows read before a renaming must not be kept after it.
  let era = 0;

  const keepText = (id: number, version: number, text: string, madeIn: number) => {
    if (madeIn === era && version >= (kept.peek(id)?.version ?? 0)) kept.set(id, { version, text });
    return text;
  };

  async function loadMissing(db: Reader, missing: readonly MessageKey[]): Promise<Map<number, string>> {
    const madeIn = era;
    const rows = await findMessages.firstOfEach(
      db,
      missing.map(({ id }) => ({ id })),
    );
    const reacted = rows.flatMap((row) => (row && row.reaction_count > 0 ? [row.id] : []));
    const reactions = await reactionsOf(db, reacted);
    const loaded = new Map<number, string>();
    for (const row of rows) {
      if (row && row.is_listed === 1)
        loaded.set(row.id, keepText(row.id, row.version, messageFragment(row, reactions.get(row.id) ?? []), madeIn));
    }
    return loaded;
  }

  async function fresh(db: Reader, viewerId: number, id: number): Promise<string | undefined> {
    const row = await findMessage.first(db, { id });
    if (!row) return undefined;
    const reactions = row.reaction_count > 0 ? await reactionsOf(db, [id]) : undefined;
    const own = row.reaction_count > 0 ? await ownReactions(db, viewerId, id, id) : undefined;
    return withOwnReactions(messageFragment(row, reactions?.get(id) ?? []), own?.get(id));
  }

  async function render(db: Reader, viewerId: number, keys: readonly MessageKey[]): Promise<string[]> {
    const texts = new Array<string | undefined>(keys.length);
    const missing: MessageKey[] = [];
    let reacted = false;
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index] as MessageKey;
      const entry = kept.get(key.id);
      if (entry?.version === key.version) texts[index] = entry.text;
      else missing.push(key);
      reacted ||= key.reaction_count > 0;
    }
    const loaded = missing.length > 0 ? await loadMissing(db, missing) : undefined;
    const own = reacted ? await ownIn(db, viewerId, keys) : undefined;
    const rendered: string[] = [];
    for (let index = 0; index < keys.length; index++) {
      const { id } = keys[index] as MessageKey;
      const fragment = texts[index] ?? loaded?.get(id);
      if (fragment !== undefined) rendered.push(withOwnReactions(fragment, own?.get(id)));
    }
    return rendered;
  }

  return {
    render,
    fresh,
    follow: (event) => {
      if (event.type !== 'user_updated' || event.data?.renamed !== true) return;
      era++;
      kept.clear();
    },
  };
}

function ownIn(db: Reader, viewerId: number, keys: readonly MessageKey[]) {
  let low = Number.MAX_SAFE_INTEGER;
  let high = 0;
  for (const { id } of keys) {
    if (id < low) low = id;
    if (id > high) high = id;
  }
  return ownReactions(db, viewerId, low, high);
}
