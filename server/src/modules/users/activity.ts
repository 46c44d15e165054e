import type { Database } from '../../db/database.ts';
import { updateOfEach } from '../../db/many.ts';

/** When people were last seen: kept in memory, written now and then, so that reading costs no write. */
export interface Activity {
  seen(userId: number, at: number): void;
  /** The later of what is stored and what is known here; epoch milliseconds. */
  lastSeen(userId: number, stored: number): number;
  /** Writes what is new, after a flush that is still running; what could not be written waits for the next. */
  flush(): Promise<void>;
}

const storeLastSeen = updateOfEach({ id: 'bigint', at: 'bigint' }, (q, p: { id: number; at: number }) =>
  q.updateTable('users').set({ last_seen: p.at }).where('users.id', '=', p.id).where('users.last_seen', '<', p.at),
);

export function createActivity(db: Database): Activity {
  let fresh = new Map<number, number>();
  // Kept until the next: whoever read a row before it was written may ask here after.
  let writing = new Map<number, number>();

  async function writeFresh(): Promise<void> {
    if (fresh.size === 0) return;
    writing = fresh;
    fresh = new Map();
    try {
      await db.write('users.last_seen', (writer) =>
        storeLastSeen.run(
          writer,
          [...writing].map(([id, at]) => ({ id, at })),
        ),
      );
    } catch (error) {
      fresh = new Map([...writing, ...fresh]);
      throw error;
    }
  }

  let last: Promise<void> = Promise.resolve();
  function flush(): Promise<void> {
    last = last.catch(() => undefined).then(writeFresh);
    return last;
  }

  return {
    seen: (userId, at) => void fresh.set(userId, at),
    lastSeen: (userId, stored) => Math.max(stored, fresh.get(userId) ?? writing.get(userId) ?? 0),
    flush,
  };
}
