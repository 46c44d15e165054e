import type { Logger } from 'pino';
import { BEGINNING, type CommitPosition, isBefore } from '../db/commit_order.ts';
import type { Database } from '../db/database.ts';
import { isHeldBack, type LoggedEvent, readAfter, readHead } from './read.ts';

/** Events handed on at once. */
const AT_ONCE = 256;
/** Other processes write too, and a wake-up may be lost. */
const LOOK_EVERY_MS = 1_000;
/** After a look that left events behind which an open transaction holds back; twice as long each time, up to the longest. */
const HELD_BACK_MS = 5;
const LONGEST_HELD_BACK_MS = 25;
const AFTER_FAULT_MS = 500;

export interface Tail {
  /** Begins at the end of the log, if it does not run yet. */
  start(): Promise<void>;
  /** Something was committed. */
  wake(): void;
  /** Resolves once the place has been handed on, or nothing is handed on any more. */
  passed(place: CommitPosition): Promise<void>;
  /** Stops looking; resolves when nothing is handed on any more. */
  stop(): Promise<void>;
  /** Everything up to here has been handed on, and nothing after it. */
  readonly position: CommitPosition;
}

interface Options {
  readonly db: Database;
  readonly log: Logger;
  /** Called with each batch in the order of commits, never twice at a time. Moves the position by `reached`. */
  readonly take: (events: readonly LoggedEvent[], reached: (event: CommitPosition) => void) => Promise<void>;
}

/** Follows the end of the event log: a look after each commit, and now and then. One that is under way serves all who wake it meanwhile. */
export function createTail({ db, log, take }: Options): Tail {
  let position: CommitPosition = BEGINNING;
  let starting: Promise<void> | undefined;
  let looking: Promise<void> | undefined;
  let isWoken = false;
  /** Settled with every look. */
  let looked = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  let heldBackMs = HELD_BACK_MS;

  function wake(): void {
    if (starting === undefined) return;
    isWoken = true;
    looking ??= look().finally(() => {
      looking = undefined;
      if (isWoken) wake();
    });
  }

  async function look(): Promise<void> {
    const isRunning = await starting?.then(
      () => true,
      () => false,
    );
    isWoken = false;
    // Whoever started it is told why it did not.
    if (!isRunning) return tellWaiting();
    const waitMs = await readOn().catch((error) => {
      log.warn({ err: error }, 'the event log could not be read; it is tried again');
      return AFTER_FAULT_MS;
    });
    lookIn(waitMs);
    tellWaiting();
  }

  function tellWaiting(): void {
    looked.resolve();
    looked = Promise.withResolvers();
  }

  async function passed(place: CommitPosition): Promise<void> {
    if (!isBefore(position, place)) return;
    wake();
    while (starting !== undefined && isBefore(position, place)) await looked.promise;
  }

  /** Until there is nothing more; resolves with when to look again. */
  async function readOn(): Promise<number> {
    const run = starting;
    for (;;) {
      const events = await readAfter(db.reader, position, AT_ONCE);
      if (starting !== run) return LOOK_EVERY_MS;
      if (events.length > 0) {
        await take(events, reach);
        heldBackMs = HELD_BACK_MS;
      }
      if (events.length === AT_ONCE) continue;
      if (await isHeldBack(db.reader)) return longerEachTime();
      heldBackMs = HELD_BACK_MS;
      return LOOK_EVERY_MS;
    }
  }

  function longerEachTime(): number {
    const ms = heldBackMs;
    heldBackMs = Math.min(LONGEST_HELD_BACK_MS, ms * 2);
    return ms;
  }

  const reach = ({ xid, id }: CommitPosition) => {
    position = { xid, id };
  };

  function lookIn(ms: number): void {
    clearTimeout(timer);
    if (starting === undefined) return;
    timer = setTimeout(wake, ms);
    timer.unref();
  }

  async function begin(): Promise<void> {
    position = await readHead(db.reader);
    lookIn(LOOK_EVERY_MS);
  }

  return {
    start: () => {
      // What an earlier run still hands on comes to its end first.
      starting ??= (looking ?? Promise.resolve()).then(begin).catch((error) => {
        starting = undefined;
        throw error;
      });
      return starting;
    },
    wake,
    passed,
    stop: async () => {
      starting = undefined;
      tellWaiting();
      clearTimeout(timer);
      await looking;
    },
    get position() {
      return position;
    },
  };
}
