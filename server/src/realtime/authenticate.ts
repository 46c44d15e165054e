import type { Actor } from '../actor.ts';
import { BEGINNING, type CommitPosition } from '../db/commit_order.ts';
import { AppError, invalid } from '../errors.ts';
import { placeOf, readFloor } from '../log/read.ts';
import { CURSOR } from '../modules/events/cursor.ts';
import { findUser } from '../modules/users/store.ts';
import { timestamp } from '../timestamp.ts';
import { catchUp } from './catch_up.ts';
import type { Incoming } from './incoming.ts';
import { Authenticate } from './schema.ts';
import type { Session } from './session.ts';

/**
 * Makes a socket its person's: `auth_success`, then what was missed since `resume`, then `resumed`; from then on it is told live. A
 * socket that is known already goes on with a new token.
 */
export async function authenticate(session: Session, { data, requestId }: Pick<Incoming, 'data' | 'requestId'>) {
  const { deps, checkOf, countStranger } = session.shared;
  const faults = checkOf(Authenticate)(data, 'data');
  if (faults) throw invalid(faults);
  const { token, resume } = data as { token: string; resume?: string | null };
  const actor = await deps.authority.actorOf(token);
  const claims = actor && (await deps.authority.tokens.verify(token));
  if (!actor || !claims) {
    await countStranger(session.peer.address);
    throw new AppError('INVALID_TOKEN');
  }
  const isKnown = session.token !== undefined;
  if (isKnown && actor.userId !== session.userId) throw new AppError('INVALID_TOKEN', { reason: 'another_user' });
  session.sessionId = actor.sessionId;
  session.token = token;
  session.expiresAt = claims.exp * 1_000;
  if (isKnown) {
    // A session that ended before it was this socket's has not closed it.
    if (!(await deps.authority.load(actor.sessionId))) throw new AppError('INVALID_TOKEN');
    return welcome(session, actor, requestId);
  }
  await session.comeIn(actor);
  await welcome(session, actor, requestId, resume ?? undefined);
}

async function welcome(session: Session, actor: Actor, requestId: string | undefined, resume?: string): Promise<void> {
  const { deps } = session.shared;
  const user = await findUser.first(deps.db.reader, { id: actor.userId });
  if (!user) throw new AppError('INVALID_TOKEN');
  deps.authority.activity.seen(actor.userId, deps.now());
  const { id, username, role, display_name } = user;
  const data = {
    ...{ user_id: id, username, role, session_id: actor.sessionId },
    server_time: timestamp(deps.now()),
    expires_at: timestamp(session.expiresAt),
    user: { id, username, role, display_name },
    last_event_id: `${deps.realtime.hub.position.id}`,
  };
  session.answer({ type: 'auth_success', data }, requestId);
  if (resume !== undefined) return catchUpFrom(session, actor, resume);
  // In the same turn in which it was said where the log ends.
  session.isLive = !session.isOver;
}

async function catchUpFrom(session: Session, actor: Actor, resume: string): Promise<void> {
  const { deps } = session.shared;
  const { hub } = deps.realtime;
  const place = await placeAfter(session, resume);
  if (!place) {
    const reason = /^\d{1,16}$/.test(resume) ? 'expired' : 'unknown';
    session.isLive = !session.isOver;
    session.answer({ type: 'resume_failed', data: { reason, last_event_id: `${hub.position.id}` } }, undefined);
    return;
  }
  const resumed = (count: number) =>
    session.answer({ type: 'resumed', data: { count, last_event_id: `${hub.position.id}` } }, undefined);
  await catchUp(deps, session, { actor }, place, resumed);
}

async function placeAfter({ shared }: Session, resume: string): Promise<CommitPosition | undefined> {
  if (!CURSOR.test(resume)) return undefined;
  const { reader } = shared.deps.db;
  if (resume !== '0') return placeOf(reader, Number(resume));
  // From the beginning, as long as it is still there.
  return (await readFloor(reader)).id === 0 ? BEGINNING : undefined;
}
