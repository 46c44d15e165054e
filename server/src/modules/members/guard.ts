import { type OnPerson, requireAbove, roleOf } from '../../access.ts';
import type { Ctx } from '../../context.ts';
import { conflict } from '../../errors.ts';
import { refuseOnOwner } from '../../policy.ts';

/**
 * Raises unless the caller may remove, ban or mute this person: he stands strictly above, and nobody does so to the owner.
 * Who could do anything to the owner is told to transfer the room first.
 */
export function requireRemovable(ctx: Ctx, on: OnPerson): void {
  if (on.target.role !== 'owner') {
    requireAbove(ctx, on);
    return;
  }
  const couldAct = ctx.actor.role === 'admin' || ctx.actor.userId === on.target.id;
  if (!couldAct) throw refuseOnOwner(ctx.actor, roleOf(on.room));
  throw conflict('owner_must_transfer', { user_id: on.target.id });
}
