import { setImmediate } from 'node:timers/promises';
import type { Actor } from '../../actor.ts';
import { type CommitPosition, isBefore, isByIdAlone } from '../../db/commit_order.ts';
import type { Reader } from '../../db/database.ts';
import { containerStream, readEvents, userStream } from '../../events.ts';
import { type LoggedEvent, parseEvent } from '../../log/read.ts';
import { findOfStream, findStep, findVisible, type Stretch } from './visible_store.ts';

export interface Backlog {
  readonly events: readonly LoggedEvent[];
  /** Everything up to here has been looked at. */
  readonly reached: CommitPosition;
}

/** Which of the log's events a reader is told of: all he may see, or those of one room. */
export type View = { readonly actor: Actor } | { readonly roomId: number };

/** Events looked at by one statement: it must not keep others waiting. */
const STRETCH = 5_000;

/**
 * The next events somebody may see as things are now, in the order of commits: at most `limit` of them, none beyond `end`. Rights are
 * judged here, not when an event was written; of a place one is no longer in there is only what ended it.
 */
export async function readBacklog(
  db: Reader,
  view: View,
  from: CommitPosition,
  end: CommitPosition,
  limit: number,
): Promise<Backlog> {
  let reached = from;
  while (isBefore(reached, end)) {
    const next = await stepFrom(db, reached, end);
    const rows = await find(db, view, {
      after_xid: reached.xid,
      after_id: reached.id,
      to_xid: next.xid,
      to_id: next.id,
      limit,
    });
    const last = rows.at(-1);
    reached = rows.length === limit && last ? { xid: last.xid, id: last.id } : next;
    const events = rows.filter(({ type }) => Object.hasOwn(readEvents, type)).map(parseEvent);
    if (events.length > 0) return { events, reached };
    // A reader far behind who may see little of it looks through a long log.
    await setImmediate();
  }
  return { events: [], reached };
}

async function stepFrom(db: Reader, from: CommitPosition, end: CommitPosition): Promise<CommitPosition> {
  // Where ids alone give the order, none has to be looked up.
  const step = isByIdAlone(db.dialect)
    ? { xid: from.xid, id: from.id + STRETCH }
    : await findStep.first(db, { ...from, steps: STRETCH });
  return step && isBefore(step, end) ? { xid: step.xid, id: step.id } : end;
}

function find(db: Reader, view: View, stretch: Stretch) {
  if ('roomId' in view) return findOfStream.all(db, { ...stretch, stream: containerStream(view.roomId) });
  const { userId, role } = view.actor;
  return findVisible.all(db, {
    ...stretch,
    user_id: userId,
    own_stream: userStream(userId),
    is_admin: role === 'admin' ? 1 : 0,
    is_guest: role === 'guest' ? 1 : 0,
  });
}
