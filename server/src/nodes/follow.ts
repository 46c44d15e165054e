import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { createComplaint } from '../complaint.ts';
import type { Deps } from '../context.ts';
import { type CommitPosition, isBefore } from '../db/commit_order.ts';
import { type EventType, endingEvents, type NewEvent } from '../events.ts';
import { type LoggedEvent, parseEvent, readHead } from '../log/read.ts';
import { findActing } from './store.ts';

/** Follows what other processes commit: what acts at once acts here, too, within a second, whether or not it was heard of. */
export interface Following {
  start(): Promise<void>;
  /** Of these is known here what they do. */
  know(ids: readonly number[]): void;
  /** There may be something. */
  look(): Promise<void>;
  /** Whether everything that had been committed a second ago is followed: a process that was held up, or cut off, cannot say so. */
  readonly isFresh: boolean;
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 500;
/** In which what acts at once acts on every node. */
const FRESH_MS = 1_000;
/** More than there can be within the longest transaction; what is older is not found again. */
const KNOWN = 10_000;

export function createFollowing(deps: () => Deps, log: Logger): Following {
  const complain = createComplaint(log, 'warn', 'what others have done could not be looked for; it is tried again');
  const known = new LRUCache<number, true>({ max: KNOWN });
  let place: CommitPosition = { xid: '0', id: 0 };
  /** When the last look that came to its end began; monotonic. */
  let seenAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;
  let isAsked = false;
  let timer: NodeJS.Timeout | undefined;

  async function lookOnce(): Promise<void> {
    isAsked = false;
    const begunAt = performance.now();
    const { db } = deps();
    // First: whatever comes to stand before it is found below.
    const head = await readHead(db.reader);
    for (const row of await findActing.all(db.reader, place)) {
      if (known.has(row.id)) continue;
      act(deps(), parseEvent(row));
      known.set(row.id, true);
    }
    place = head;
    seenAt = begunAt;
  }

  const look = async (): Promise<void> => {
    isAsked = true;
    looking ??= lookOnce()
      .catch(complain)
      .finally(() => {
        looking = undefined;
        if (isAsked) void look();
      });
    await looking;
  };

  return {
    start: async () => {
      const begunAt = performance.now();
      place = await readHead(deps().db.reader);
      seenAt = begunAt;
      timer = setInterval(() => {
        void look();
        // Whoever cannot be heard may have committed something.
        if (!deps().nodes.talk.isUp) deps().realtime.hub.wake();
      }, LOOK_EVERY_MS);
      timer.unref();
    },
    know: (ids) => {
      for (const id of ids) known.set(id, true);
    },
    look,
    get isFresh() {
      return performance.now() - seenAt < FRESH_MS;
    },
    stop: async () => {
      clearInterval(timer);
      await looking;
    },
  };
}

function act({ authority, messages, realtime }: Deps, event: LoggedEvent): void {
  const { container_id, message_id, user_id, version, data } = event;
  const told = {
    type: event.type as EventType,
    ...(container_id === null ? {} : { containerId: container_id }),
    ...(message_id === null ? {} : { messageId: message_id }),
    ...(user_id === null ? {} : { userId: user_id }),
    ...(version === null ? {} : { version }),
    data,
  } as NewEvent;
  authority.follow(told);
  messages.fragments.follow(told);
  // Who has left a place and come back since, and was told so, stays.
  const isTold = !isBefore(realtime.hub.position, event);
  if (!isTold || !endingEvents.has(event.type)) realtime.hub.follow(told, event.id);
}
