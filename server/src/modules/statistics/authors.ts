import { LRUCache } from 'lru-cache';
import type { Reader } from '../../db/database.ts';
import { startOf } from './hours.ts';
import { findAuthors, findWritten } from './store.ts';

/** Who wrote in a room since an hour: how many, and at most ten who wrote most, each with how much. */
export interface Ranking {
  readonly authors: number;
  readonly top: readonly { readonly author_id: number; readonly messages: number }[];
}

/**
 * Keeps what was summed up of a room, and adds what has been written since: summed up anew each time it would take as long as there
 * are people and days. Nobody has to tell it of a change: it sees from the room's own numbers whether anything was deleted.
 */
export interface AuthorCounts {
  rank(db: Reader, room: Room, since: number): Promise<Ranking>;
}

interface Room {
  readonly id: number;
  readonly last_seq: number;
  readonly message_count: number;
}

interface Kept {
  readonly seq: number;
  /** Messages of the room that have been deleted, whenever: it only grows. */
  readonly deleted: number;
  readonly counts: ReadonlyMap<number, number>;
  readonly ranking: Ranking;
}

/** Authors of all rooms and periods together. */
const KEPT_AUTHORS = 200_000;
/** Beyond it the sums are read again. */
const MOST_NEW = 2_000;
const TOP = 10;

export function createAuthorCounts(): AuthorCounts {
  const kept = new LRUCache<string, Kept>({
    maxSize: KEPT_AUTHORS,
    sizeCalculation: ({ counts }) => counts.size + 1,
  });
  return {
    rank: async (db, room, since) => {
      const key = `${room.id}:${since}`;
      const known = kept.get(key);
      if (known?.seq === room.last_seq && known.deleted === deletedOf(room)) return known.ranking;
      const isNear = known !== undefined && room.last_seq - known.seq <= MOST_NEW;
      const found =
        (isNear ? await continued(db, room.id, since, known) : undefined) ?? (await summed(db, room.id, since));
      kept.set(key, found);
      return found.ranking;
    },
  };
}

const deletedOf = ({ last_seq, message_count }: Omit<Room, 'id'>) => last_seq - message_count;

/** With what was written after it; undefined when something was deleted. The room and its rows are of one moment. */
async function continued(db: Reader, container_id: number, since: number, known: Kept): Promise<Kept | undefined> {
  const rows = await findWritten.all(db, { container_id, seq: known.seq });
  const [room] = rows;
  if (!room || deletedOf(room) !== known.deleted) return undefined;
  const counts = new Map(known.counts);
  for (const { author_id, created_at } of rows)
    if (author_id !== null && (created_at ?? 0) >= startOf(since))
      counts.set(author_id, (counts.get(author_id) ?? 0) + 1);
  return keptOf(Math.max(room.last_seq, known.seq), known.deleted, counts);
}

async function summed(db: Reader, container_id: number, since: number): Promise<Kept> {
  const rows = await findAuthors.all(db, { container_id, since });
  const room = rows[0] ?? { last_seq: 0, message_count: 0 };
  const counts = new Map(
    rows.flatMap(({ author_id, messages }) => (author_id === null ? [] : [[author_id, messages ?? 0] as const])),
  );
  return keptOf(room.last_seq, deletedOf(room), counts);
}

function keptOf(seq: number, deleted: number, counts: ReadonlyMap<number, number>): Kept {
  const all = [...counts].map(([author_id, messages]) => ({ author_id, messages }));
  all.sort((a, b) => b.messages - a.messages || a.author_id - b.author_id);
  return { seq, deleted, counts, ranking: { authors: all.length, top: all.slice(0, TOP) } };
}
