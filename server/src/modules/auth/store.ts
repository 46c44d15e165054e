import { sql } from 'kysely';
import { updateOfEach } from '../../db/many.ts';
import { type Builder, change, type Query, query } from '../../db/statement.ts';
import type { SessionRow } from '../../db/tables.ts';

/** A session with what its user may be refused for. */
export const findSession = query((q, p: { id: string }) =>
  q
    .selectFrom('sessions as s')
    .innerJoin('users as u', 'u.id', 's.user_id')
    .where('s.id', '=', p.id)
    .select([
      's.id',
      's.user_id',
      's.expires_at',
      's.ended_at',
      'u.username',
      'u.role',
      'u.is_suspended',
      'u.is_deleted',
    ]),
);

export const insertSession = change((q, p: Omit<SessionRow, 'ended_at'>) =>
  q.insertInto('sessions').values({
    id: p.id,
    user_id: p.user_id,
    user_agent: p.user_agent,
    address: p.address,
    created_at: p.created_at,
    last_used_at: p.last_used_at,
    expires_at: p.expires_at,
    ended_at: null,
  }),
);

/** The living sessions of a person, oldest first. */
export const livingSessions = query((q, p: { user_id: number; now: number }) =>
  q
    .selectFrom('sessions')
    .where('user_id', '=', p.user_id)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', p.now)
    .orderBy('created_at')
    .orderBy('id')
    .select(['id', 'user_agent', 'created_at', 'last_used_at']),
);
export type LivingSession = typeof livingSessions extends Query<infer _, infer O> ? O : never;

export const touchSession = change((q, p: { id: string; now: number; expires_at: number }) =>
  q.updateTable('sessions').set({ last_used_at: p.now, expires_at: p.expires_at }).where('id', '=', p.id),
);

export const markEnded = updateOfEach({ id: 'text', at: 'bigint' }, (q, p: { id: string; at: number }) =>
  q.updateTable('sessions').set({ ended_at: p.at }).where('sessions.id', '=', p.id),
);

export const insertRefreshToken = change(
  (q, p: { token_hash: string; session_id: string; created_at: number; expires_at: number }) =>
    q.insertInto('refresh_tokens').values({
      token_hash: p.token_hash,
      session_id: p.session_id,
      created_at: p.created_at,
      expires_at: p.expires_at,
      spent_at: null,
    }),
);

export const spendRefreshToken = change((q, p: { token_hash: string; spent_at: number }) =>
  q.updateTable('refresh_tokens').set({ spent_at: p.spent_at }).where('token_hash', '=', p.token_hash),
);

/** A refresh token with its session. */
export const findRefreshToken = query((q, p: { token_hash: string }) =>
  q
    .selectFrom('refresh_tokens as t')
    .innerJoin('sessions as s', 's.id', 't.session_id')
    .where('t.token_hash', '=', p.token_hash)
    .select([
      't.session_id',
      't.spent_at',
      't.expires_at',
      's.user_id',
      's.created_at as session_created_at',
      's.expires_at as session_expires_at',
      's.ended_at',
    ]),
);
export type RefreshToken = typeof findRefreshToken extends Query<infer _, infer O> ? O : never;

export const isSpent = query((q, p: { token_hash: string }) =>
  q
    .selectFrom('refresh_tokens')
    .where('token_hash', '=', p.token_hash)
    .where('spent_at', 'is not', null)
    .select('spent_at'),
);

interface Over {
  before: number;
  limit: number;
}

/** Those that are over for longest; spelled as in their index. */
const overSessions = (q: Builder, p: Over) =>
  q
    .selectFrom('sessions')
    .where(sql<number>`coalesce(ended_at, expires_at)`, '<', p.before)
    .orderBy(sql`coalesce(ended_at, expires_at)`)
    .orderBy('id')
    .limit(p.limit)
    .select('id');

export const deleteOverTokens = change((q, p: Over) =>
  q.deleteFrom('refresh_tokens').where('session_id', 'in', overSessions(q, p)),
);
export const deleteOverSessions = change((q, p: Over) =>
  q.deleteFrom('sessions').where('id', 'in', overSessions(q, p)),
);

const credentials = (q: Builder) =>
  q.selectFrom('users as u').where('u.is_deleted', '=', 0).select(['u.id', 'u.password_hash', 'u.is_suspended']);

export const findByUsername = query((q, p: { key: string }) => credentials(q).where('u.username_key', '=', p.key));
export const findByEmail = query((q, p: { key: string }) => credentials(q).where('u.email_key', '=', p.key));
export const findCredentials = query((q, p: { id: number }) => credentials(q).where('u.id', '=', p.id));
export type Credentials = typeof findCredentials extends Query<infer _, infer O> ? O : never;

export const storePassword = change((q, p: { id: number; password_hash: string }) =>
  q.updateTable('users').set({ password_hash: p.password_hash }).where('id', '=', p.id),
);

/** No row when the setting is there already. */
export const insertSetting = change((q, p: { key: string; value: string }) =>
  q
    .insertInto('settings')
    .values({ key: p.key, value: p.value })
    .onConflict((there) => there.doNothing()),
);
export const findSetting = query((q, p: { key: string }) =>
  q.selectFrom('settings').where('key', '=', p.key).select('value'),
);
