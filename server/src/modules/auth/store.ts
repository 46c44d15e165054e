import { updateOfEach } from '../../db/many.ts';
import { change, type Query, query } from '../../db/statement.ts';
import type { SessionRow } from '../../db/tables.ts';
import { userColumns } from '../users/store.ts';

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

/** A refresh token with its session and the person in it. */
export const findRefreshToken = query((q, p: { token_hash: string }) =>
  q
    .selectFrom('refresh_tokens as t')
    .innerJoin('sessions as s', 's.id', 't.session_id')
    .innerJoin('users as u', 'u.id', 's.user_id')
    .where('t.token_hash', '=', p.token_hash)
    .select(userColumns)
    .select([
      't.session_id',
      't.spent_at',
      't.expires_at as token_expires_at',
      's.created_at as session_created_at',
      's.expires_at as session_expires_at',
      's.ended_at',
      'u.is_deleted',
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

const withPassword = [...userColumns, 'u.password_hash'] as const;

export const findByUsername = query((q, p: { key: string }) =>
  q.selectFrom('users as u').where('u.username_key', '=', p.key).where('u.is_deleted', '=', 0).select(withPassword),
);
export const findByEmail = query((q, p: { key: string }) =>
  q.selectFrom('users as u').where('u.email_key', '=', p.key).where('u.is_deleted', '=', 0).select(withPassword),
);
export const findCredentials = query((q, p: { id: number }) =>
  q.selectFrom('users as u').where('u.id', '=', p.id).where('u.is_deleted', '=', 0).select(withPassword),
);
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
