import { allow } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import { invalidField } from '../../errors.ts';
import { hasForbiddenText } from '../../text.ts';
import { presentFound } from './present.ts';
import { searchUsers } from './search_store.ts';

/** People by the beginnings of their names, best first. Addresses match for admins only. */
export async function findPeople(
  ctx: Ctx,
  { q, limit = 50, offset = 0 }: { q: string; limit?: number; offset?: number },
): Promise<Answer> {
  allow(ctx, 'user.search');
  refuseForbidden('q', q);
  const { users, total } = await searchUsers(ctx.db, { q, limit, offset, byEmail: ctx.actor.role === 'admin' });
  return ok({ users: users.map((user) => presentFound(ctx, user)), total, has_more: offset + users.length < total });
}

/** 400 for what no name holds and PostgreSQL does not take. */
export function refuseForbidden(field: string, asked: string): void {
  if (hasForbiddenText(asked)) throw invalidField(field, 'forbidden_characters');
}
