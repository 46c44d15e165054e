import type { OnPerson } from '../../access.ts';
import type { Ctx } from '../../context.ts';
import { roleOf } from '../../judge.ts';
import { refuseRemoval } from '../../policy.ts';

/** Raises unless the caller may remove, ban or mute this person. */
export function requireRemovable(ctx: Ctx, { room, rank, target }: OnPerson): void {
  const refusal = refuseRemoval(ctx.actor, roleOf(room), rank, target);
  if (refusal) throw refusal;
}
