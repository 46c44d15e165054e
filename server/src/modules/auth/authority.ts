import { LRUCache } from 'lru-cache';
import type { Actor } from '../../actor.ts';
import type { Database } from '../../db/database.ts';
import type { NewEvent } from '../../events.ts';
import type { Activity } from '../users/activity.ts';
import type { LoginAttempts } from './attempts.ts';
import type { Passwords } from './passwords.ts';
import { findSession } from './store.ts';
import type { Tokens } from './tokens.ts';

/** Who is calling: tokens, the sessions behind them, what slows down guessing, and when each was last here. */
export interface Authority {
  readonly tokens: Tokens;
  readonly passwords: Passwords;
  readonly attempts: LoginAttempts;
  /** Key of what is derived from secrets, such as a refresh token's successor. */
  readonly secretKey: Uint8Array;
  readonly activity: Activity;
  /** Bearer → actor; undefined whatever is wrong with it. Answers at once, without a promise, for a token seen before. */
  actorOf(token: string): Actor | undefined | Promise<Actor | undefined>;
  /** The actor of a session as the database has it now; undefined when it has ended. */
  load(sessionId: string): Promise<Actor | undefined>;
  /** Forgets what an event has changed: a suspension or logout acts at the next request. */
  follow(event: NewEvent): void;
}

interface Known {
  readonly actor: Actor;
  /** Epoch milliseconds. */
  readonly endsAt: number;
}

const KEPT_SESSIONS = 20_000;
const aboutUser = new Set(['user_updated', 'user_role_changed', 'user_suspended', 'user_restored']);

export function createAuthority(
  parts: {
    db: Database;
    now: () => number;
    /** Whether what other processes have ended is known here. */
    isFresh: () => boolean;
  } & Pick<Authority, 'tokens' | 'passwords' | 'attempts' | 'secretKey' | 'activity'>,
): Authority {
  const { db, now, tokens } = parts;
  const sessions = new LRUCache<string, Known>({ max: KEPT_SESSIONS });
  // A session read before an event must not be kept after it.
  let era = 0;

  async function load(sessionId: string): Promise<Actor | undefined> {
    const readIn = era;
    const row = await findSession.first(db.reader, { id: sessionId });
    if (!row || row.ended_at !== null || row.expires_at <= now() || row.is_suspended === 1 || row.is_deleted === 1)
      return undefined;
    const actor: Actor = { userId: row.user_id, username: row.username, role: row.role, sessionId };
    if (readIn === era) sessions.set(sessionId, { actor, endsAt: row.expires_at });
    return actor;
  }

  function actorOfSession(sessionId: string): Actor | undefined | Promise<Actor | undefined> {
    const known = sessions.get(sessionId);
    // Past the end that was read: a refresh may have put it off since.
    return known && known.endsAt > now() && parts.isFresh() ? known.actor : load(sessionId);
  }

  async function verifyFirst(token: string): Promise<Actor | undefined> {
    const claims = await tokens.verify(token);
    return claims && actorOfSession(claims.sid);
  }

  return {
    tokens,
    passwords: parts.passwords,
    attempts: parts.attempts,
    secretKey: parts.secretKey,
    activity: parts.activity,
    load,
    actorOf: (token) => {
      const claims = tokens.verifyCached(token);
      return claims === 'unknown' ? verifyFirst(token) : claims && actorOfSession(claims.sid);
    },
    follow: (event) => {
      if (event.type === 'session_ended') {
        era++;
        for (const id of (event.data?.session_ids ?? []) as string[]) sessions.delete(id);
      } else if (aboutUser.has(event.type)) {
        era++;
        for (const [id, { actor }] of sessions.entries()) if (actor.userId === event.userId) sessions.delete(id);
      }
    },
  };
}
