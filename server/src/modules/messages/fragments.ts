import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { PageOfBytes } from '../../answer.ts';
import type { Reader } from '../../db/database.ts';
import type { NewEvent } from '../../events.ts';
import { type Attachment, findAttachments } from '../files/store.ts';
import { ownReactions, reactionsOf } from '../reactions/store.ts';
import { messageJson, ownEnd, sharedLength, withOwnReactions } from './present.ts';
import { findMessage, findMessages, findMessagesThere, type MessageOfContainer } from './store.ts';

/** Bytes of kept fragments; a message takes 600 to 2 600. */
const KEPT_BYTES = 32 * 1024 * 1024;

export interface MessageKey {
  readonly id: number;
  readonly container_id: number;
  readonly version: number;
  readonly reaction_count: number;
}

export interface MessageFragments {
  /** The messages for one viewer, as JSON texts in the order of the keys. */
  render(db: Reader, viewerId: number, keys: readonly MessageKey[]): Promise<string[]>;
  /** The same as bytes, to be put in a row: commas are in them. */
  renderPage(db: Reader, viewerId: number, keys: readonly MessageKey[]): Promise<PageOfBytes>;
  /** Messages for nobody in particular, by id, deleted ones without their words; for what tells of them. */
  forNobody(db: Reader, ids: readonly number[]): Promise<Map<number, string>>;
  /** One message as a transaction sees it; nothing is kept, since it may yet be undone. */
  fresh(db: Reader, viewerId: number, id: number): Promise<string | undefined>;
  follow(event: NewEvent): void;
  bytesKept(): number;
}

interface Kept {
  readonly version: number;
  /** A comma and the message. Outside of the collector's heap, and ready to be sent: a text would be encoded at each reading. */
  readonly bytes: Buffer;
  /** Of the bytes; made when first asked for. */
  digest: string | undefined;
}

/**
 * A message is serialised once per version and its bytes kept, so that a page is a read of ids and versions plus a row of bytes.
 * A version never names two texts: every change of a message, its thread's count, its reactions and its files raises it; names do not, so
 * a renaming empties the cache.
 */
export function createMessageFragments(): MessageFragments {
  const kept = new LRUCache<number, Kept>({ maxSize: KEPT_BYTES, sizeCalculation: ({ bytes }) => bytes.length });
  // Bytes made from rows read before a renaming must not be kept after it.
  let era = 0;

  const keepText = (id: number, version: number, text: string, madeIn: number): Kept => {
    const entry: Kept = { version, bytes: bytesOf(`,${text}`), digest: undefined };
    if (madeIn === era && version >= (kept.peek(id)?.version ?? 0)) kept.set(id, entry);
    return entry;
  };

  async function loadMissing(db: Reader, missing: readonly MessageKey[]): Promise<Map<number, Kept>> {
    const madeIn = era;
    const loaded = new Map<number, Kept>();
    for (const { row, text } of await textsOf(db, await findMessagesThere.firstOfEach(db, missing.map(placeOf))))
      if (row.is_listed === 1) loaded.set(row.id, keepText(row.id, row.version, text, madeIn));
    return loaded;
  }

  async function fresh(db: Reader, viewerId: number, id: number): Promise<string | undefined> {
    const row = await findMessage.first(db, { id });
    if (!row) return undefined;
    const reactions = row.reaction_count > 0 ? await reactionsOf(db, [id]) : undefined;
    const own = row.reaction_count > 0 ? await ownReactions(db, viewerId, id, id) : undefined;
    const files = await filesOf(db, [row]);
    return withOwnReactions(messageJson(row, reactions?.get(id) ?? [], files.get(id)), own?.get(id));
  }

  /** Hands out each message that is still listed, in the order of the keys, with what the viewer put on it. */
  async function each(
    db: Reader,
    viewerId: number,
    keys: readonly MessageKey[],
    put: (entry: Kept, own: readonly string[] | undefined) => void,
  ): Promise<void> {
    const entries = new Array<Kept | undefined>(keys.length);
    const missing: MessageKey[] = [];
    let reacted = false;
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index] as MessageKey;
      const entry = kept.get(key.id);
      if (entry?.version === key.version) entries[index] = entry;
      else missing.push(key);
      reacted ||= key.reaction_count > 0;
    }
    const loaded = missing.length > 0 ? await loadMissing(db, missing) : undefined;
    const own = reacted ? await ownIn(db, viewerId, keys) : undefined;
    for (let index = 0; index < keys.length; index++) {
      const { id } = keys[index] as MessageKey;
      const entry = entries[index] ?? loaded?.get(id);
      if (entry !== undefined) put(entry, own?.get(id));
    }
  }

  async function render(db: Reader, viewerId: number, keys: readonly MessageKey[]): Promise<string[]> {
    const rendered: string[] = [];
    await each(db, viewerId, keys, ({ bytes }, own) => rendered.push(withOwnReactions(bytes.toString('utf8', 1), own)));
    return rendered;
  }

  async function renderPage(db: Reader, viewerId: number, keys: readonly MessageKey[]): Promise<PageOfBytes> {
    const parts: Buffer[] = [];
    let digest = '';
    await each(db, viewerId, keys, (entry, own) => {
      entry.digest ??= hash('sha256', entry.bytes, 'base64url').slice(0, DIGEST_LENGTH);
      digest += entry.digest;
      const bytes = parts.length === 0 ? entry.bytes.subarray(1) : entry.bytes;
      if (own === undefined) return void parts.push(bytes);
      const end = ownEnd(own);
      parts.push(bytes.subarray(0, sharedLength(bytes)), Buffer.from(end));
      digest += end;
    });
    return { parts, digest };
  }

  return {
    render,
    renderPage,
    forNobody: async (db, ids) => {
      const found = await findMessages.firstOfEach(db, ids.map(asKey));
      return new Map((await textsOf(db, found)).map(({ row, text }) => [row.id, text]));
    },
    fresh,
    bytesKept: () => kept.calculatedSize,
    follow: (event) => {
      if (event.type !== 'user_updated' || event.data?.renamed !== true) return;
      era++;
      kept.clear();
    },
  };
}

const asKey = (id: number) => ({ id });
const placeOf = ({ id, container_id }: MessageKey) => ({ id, container_id });

/** Messages as they are now, those that were found. */
async function textsOf(db: Reader, found: readonly (MessageOfContainer | undefined)[]) {
  const rows = found.filter((row) => row !== undefined);
  const reactions = await reactionsOf(
    db,
    rows.filter(({ reaction_count }) => reaction_count > 0).map(({ id }) => id),
  );
  const files = await filesOf(db, rows);
  return rows.map((row) => ({ row, text: messageJson(row, reactions.get(row.id) ?? [], files.get(row.id)) }));
}

/** What hangs on those of the messages that have something. */
async function filesOf(
  db: Reader,
  messages: readonly { readonly id: number; readonly attachment_count: number }[],
): Promise<Map<number, Attachment[]>> {
  const ids = messages.flatMap(({ id, attachment_count }) => (attachment_count > 0 ? [id] : []));
  const found = await findAttachments.all(db, ids);
  return Map.groupBy(found, ({ message_id }) => message_id as number);
}

/** Of a message's digest: 66 bits, so that no two versions are ever taken for each other. */
const DIGEST_LENGTH = 11;

/** In memory of its own: a piece of Node's pool would hold on to the whole of it. */
function bytesOf(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
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
