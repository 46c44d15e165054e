import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import type { Reader } from '../../db/database.ts';
import { type Builder, dynamic } from '../../db/statement.ts';
import type { Tables, UserRow } from '../../db/tables.ts';
import { type User, userColumns } from './store.ts';

export interface Sought {
  /** Each begins one of the person's words; without any, the user name has to begin with `name`. */
  readonly words: readonly string[];
  /** As a key: who has exactly this user name comes first, then those whose name begins so. */
  readonly name: string;
  /** As a key, where addresses may be searched. */
  readonly email: string | undefined;
}

export interface Search {
  /** Undefined: everybody. */
  readonly sought: Sought | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** Sorts after everything that begins with the same text, in the order of bytes that the keys have on both engines. */
const LAST = '\u{10ffff}';

/** One page of the people found, best first, and how many there are in all. */
export async function searchUsers(db: Reader, search: Search): Promise<{ users: User[]; total: number }> {
  const users = await dynamic<User>(db, (q) =>
    order(matching(q, search.sought), search.sought).select(userColumns).limit(search.limit).offset(search.offset),
  );
  const [count] = await dynamic<{ total: number }>(db, (q) =>
    matching(q, search.sought).select(sql<number>`count(*)`.as('total')),
  );
  return { users, total: count?.total ?? 0 };
}

type Eb = ExpressionBuilder<Tables & { u: UserRow }, 'u'>;

function matching(q: Builder, sought: Sought | undefined) {
  const living = q.selectFrom('users as u').where('u.is_deleted', '=', 0);
  if (sought === undefined) return living;
  return living.where((eb) => {
    const ways = [byWords(eb, sought)];
    if (sought.email !== undefined) ways.push(startsWith(eb, 'u.email_key', sought.email));
    return eb.or(ways);
  });
}

function byWords(eb: Eb, { words, name }: Sought): Expression<SqlBool> {
  if (words.length === 0) return startsWith(eb, 'u.username_key', name);
  return eb.and(
    words.map((word) =>
      eb(
        'u.id',
        'in',
        eb
          .selectFrom('user_words as w')
          .where('w.word', '>=', word)
          .where('w.word', '<', word + LAST)
          .select('w.user_id'),
      ),
    ),
  );
}

function startsWith(eb: Eb, column: 'u.username_key' | 'u.email_key', beginning: string): Expression<SqlBool> {
  return eb.and([eb(column, '>=', beginning), eb(column, '<', beginning + LAST)]);
}

/** The exact user name, then names that begin so, then the others; by name, so that pages do not overlap. */
function order(found: ReturnType<typeof matching>, sought: Sought | undefined) {
  if (sought === undefined) return found.orderBy('u.id');
  const { name } = sought;
  return found
    .orderBy((eb) =>
      eb
        .case()
        .when('u.username_key', '=', name)
        .then(sql.lit(0))
        .when(startsWith(eb, 'u.username_key', name))
        .then(sql.lit(1))
        .else(sql.lit(2))
        .end(),
    )
    .orderBy('u.username_key');
}
