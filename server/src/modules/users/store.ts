import { sql } from 'kysely';
import { insertOfEach } from '../../db/many.ts';
import { change, type Query, query } from '../../db/statement.ts';
import type { UserRow } from '../../db/tables.ts';

/** What is shown of an account, and what decisions about it need. */
export const userColumns = [
  'u.id',
  'u.uuid',
  'u.username',
  'u.email',
  'u.display_name',
  'u.avatar_url',
  'u.status_message',
  'u.role',
  'u.is_suspended',
  'u.renamed_at',
  'u.last_seen',
  'u.invisible_since',
  'u.version',
  'u.created_at',
  'u.updated_at',
] as const;

export const findUser = query((q, p: { id: number }) =>
  q.selectFrom('users as u').where('u.id', '=', p.id).where('u.is_deleted', '=', 0).select(userColumns),
);
export type User = typeof findUser extends Query<infer _, infer O> ? O : never;

/** Whose these names are; at most two accounts. */
export const findHolders = query((q, p: { username_key: string; email_key: string }) =>
  q
    .selectFrom('users')
    .where(({ eb, or }) => or([eb('username_key', '=', p.username_key), eb('email_key', '=', p.email_key)]))
    .select(['id', 'username_key']),
);

export const findAnyUser = query((q, _: object) => q.selectFrom('users').select('id').limit(1));

type NewUserRow = Pick<UserRow, 'uuid' | 'username' | 'username_key' | 'email' | 'display_name' | 'role'> & {
  password_hash: string | null;
  at: number;
};

/** No row when one of its names is taken: the unique indexes decide, also between two that come at once. */
export const insertUser = query((q, p: NewUserRow) =>
  q
    .insertInto('users')
    .values({
      uuid: p.uuid,
      username: p.username,
      username_key: p.username_key,
      email: p.email,
      email_key: p.email,
      display_name: p.display_name,
      avatar_url: null,
      status_message: null,
      role: p.role,
      password_hash: p.password_hash,
      is_suspended: 0,
      is_deleted: 0,
      renamed_at: null,
      last_seen: p.at,
      version: 1,
      created_at: p.at,
      updated_at: p.at,
    })
    .onConflict((taken) => taken.doNothing())
    .returning('id'),
);

type ProfileRow = Pick<
  UserRow,
  'username' | 'username_key' | 'email' | 'display_name' | 'avatar_url' | 'status_message' | 'renamed_at' | 'updated_at'
> & { id: number };

export const updateProfile = change((q, p: ProfileRow) =>
  q
    .updateTable('users')
    .set({
      username: p.username,
      username_key: p.username_key,
      email: p.email,
      email_key: p.email,
      display_name: p.display_name,
      avatar_url: p.avatar_url,
      status_message: p.status_message,
      renamed_at: p.renamed_at,
      version: sql<number>`version + 1`,
      updated_at: p.updated_at,
    })
    .where('id', '=', p.id),
);

export const insertWords = insertOfEach('user_words', { word: 'text', user_id: 'bigint' });
export const deleteWords = change((q, p: { user_id: number }) =>
  q.deleteFrom('user_words').where('user_id', '=', p.user_id),
);
