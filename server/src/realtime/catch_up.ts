import { setImmediate } from 'node:timers/promises';
import { type Deps, ownCtx } from '../context.ts';
import { type CommitPosition, isBefore } from '../db/commit_order.ts';
import { readBacklog, type View } from '../modules/events/backlog.ts';
import { tell } from '../modules/events/told.ts';
import type { LiveReader } from './audience.ts';

/** Events read at once of what somebody missed. */
const AT_ONCE = 100;

export interface CatchingUp extends LiveReader {
  /** Nothing more is to be told. */
  readonly isOver: boolean;
  /** Resolves when there is room for more. */
  ready(): Promise<void>;
}

/**
 * Tells an attached reader what it missed after a place, page by page, until it has reached what live readers have; from then on, in
 * the same turn, it is one of them. So nothing comes twice, and nothing is missing. Resolves with where it has become live.
 */
export async function catchUp(
  deps: Deps,
  reader: CatchingUp,
  view: View,
  from: CommitPosition,
  hasCaughtUp: (count: number) => void = () => undefined,
): Promise<CommitPosition> {
  let place = from;
  let count = 0;
  while (!reader.isOver) {
    const end = deps.realtime.hub.position;
    // It may have read further than live readers have been told: what they are told until then it knows.
    if (isBefore(end, place)) {
      await deps.realtime.hub.passed(place);
      continue;
    }
    if (!isBefore(place, end)) {
      reader.isLive = true;
      hasCaughtUp(count);
      return place;
    }
    const { events, reached } = await readBacklog(deps.db.reader, view, place, end, AT_ONCE);
    // What is loaded to show them may be of after somebody was let go.
    for (const event of await tell(ownCtx(deps, 'events'), events)) {
      if (reader.isOver) return place;
      place = { xid: event.xid, id: event.id };
      if (!deps.realtime.hub.mayTell(reader, event)) continue;
      reader.tell([event]);
      count++;
      // After each one: a page of long messages may be more than may wait, and whoever is cut off for that comes back to the same page.
      await reader.ready();
    }
    place = reached;
    // A long log is looked through, and others have their turn.
    if (isBefore(place, deps.realtime.hub.position)) await setImmediate();
  }
  return place;
}
