import { allow } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import { emailKey, nameKey } from './names.ts';
import { hiddenFrom } from './presence.ts';
import { presentFound } from './present.ts';
import { type Sought, searchUsers } from './search_store.ts';
import { wordsOf } from './words.ts';

/** People by the beginnings of their names, best first. */
export async function findPeople(
  ctx: Ctx,
  { q, limit, offset }: { q: string; limit: number; offset: number },
): Promise<Answer> {
  allow(ctx, 'user.search');
  const { users, total } = await searchUsers(ctx.db, { sought: soughtBy(ctx, q), limit, offset });
  const hidden = await hiddenFrom(
    ctx,
    users.map(({ id }) => id),
  );
  const found = users.map((user) => presentFound(ctx, user, hidden));
  return ok({ users: found, total, has_more: offset + users.length < total });
}

/** What a question looks for; addresses for admins only. */
export function soughtBy(ctx: Ctx, asked: string): Sought {
  const email = ctx.actor.role === 'admin' ? emailKey(asked) : undefined;
  return { words: wordsOf(asked), name: nameKey(asked.trim()), email };
}
