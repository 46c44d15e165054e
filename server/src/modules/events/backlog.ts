import type { Actor } from '../../actor.ts';
import { type CommitPosition, isBefore, isByIdAlone } from '../../db/commit_order.ts';
import type { Reader } from '../../db/database.ts';
import {
  containerStream,
  endingEvents,
  endsAccess,
  isForGuest,
  kindsOf,
  type ReadName,
  readEvents,
  userStream,
} from '../../events.ts';
import { type LoggedEvent, parseEvent } from '../../log/read.ts';
import { findOfStream, findStep, findVisible, listOf, type Stretch } from './visible_store.ts';

export interface Backlog {
  readonly events: readonly LoggedEvent[];
  /** Everything up to here has been looked at. */
  readonly reached: CommitPosition;
}

/** Which of the log's events a reader is told of. */
export interface View {
  readonly actor: Actor;
  /** All he may see, or this one room, which he looks into without being in it. */
  readonly visits?: number | undefined;
  /** What he has asked for of that. */
  readonly types?: readonly ReadName[] | undefined;
  readonly room_id?: number | undefined;
}

/** Events looked at by one statement: it must not keep others waiting. */
const STRETCH = 5_000;
/** Events read by one statement: of those that are read for somebody who wants fewer, the others are told to nobody. */
const ROWS = 100;

/**
 * The next events somebody may see as things are now, in the order of commits: none beyond `end`, at most `limit` of them (of a
 * hundred), and only as far as one statement looks; between two, others must have their turn. Rights are judged here, not when an event
 * was written; of a place one is no longer in there is only what ended it, which is read whatever was asked for.
 */
export async function readBacklog(
  db: Reader,
  view: View,
  from: CommitPosition,
  end: CommitPosition,
  limit: number,
): Promise<Backlog> {
  const next = await stepFrom(db, from, end);
  const kinds = view.types && listOf(db.dialect, [...kindsOf(view.types), ...endingEvents]);
  const rows = await find(db, view, {
    after_xid: from.xid,
    after_id: from.id,
    to_xid: next.xid,
    to_id: next.id,
    limit: ROWS,
    kinds: kinds ?? null,
  });
  const seen = rows.filter((row) => isFor(view, row));
  const events = seen.slice(0, limit).map(parseEvent);
  const last = events.length < seen.length ? events.at(-1) : rows[ROWS - 1];
  return { events, reached: last ? { xid: last.xid, id: last.id } : next };
}

async function stepFrom(db: Reader, from: CommitPosition, end: CommitPosition): Promise<CommitPosition> {
  // Where ids alone give the order, none has to be looked up.
  const step = isByIdAlone(db.dialect)
    ? { xid: from.xid, id: from.id + STRETCH }
    : await findStep.first(db, { ...from, steps: STRETCH });
  return step && isBefore(step, end) ? { xid: step.xid, id: step.id } : end;
}

function find(db: Reader, { actor, visits, room_id }: View, stretch: Stretch) {
  if (visits !== undefined) return findOfStream.all(db, { ...stretch, stream: containerStream(visits) });
  const { userId, role } = actor;
  return findVisible.all(db, {
    ...stretch,
    user_id: userId,
    own_stream: userStream(userId),
    is_admin: role === 'admin' ? 1 : 0,
    is_guest: role === 'guest' ? 1 : 0,
    place_id: room_id ?? null,
  });
}

function isFor({ actor, visits, types }: View, { type, user_id }: Pick<LoggedEvent, 'type' | 'user_id'>): boolean {
  if (!Object.hasOwn(readEvents, type)) return false;
  if (visits !== undefined && actor.role === 'guest' && !isForGuest(type, user_id, actor.userId)) return false;
  if (types === undefined || !endingEvents.has(type) || endsAccess(type, user_id, actor.userId)) return true;
  return types.some((name) => name === type);
}
