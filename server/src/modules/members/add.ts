import { allowOnPerson } from '../../access.ts';
import { type Answer, created } from '../../answer.ts';
import { type Ctx, write } from '../../context.ts';
import { conflict, unprocessable } from '../../errors.ts';
import { once } from '../../idempotency.ts';
import { findBan } from '../bans/store.ts';
import { enterRoom, presentMember } from './enter.ts';
import { addSelf } from './join.ts';
import { ownerOnAdding, refuseOffice } from './office.ts';
import type { AddMember } from './schema.ts';

/** Puts somebody into a room, or oneself into one that one can see. Nobody is put in as its owner, nor while banned. */
export function addMember(ctx: Ctx, roomId: number, { user_id, role = 'member' }: AddMember): Promise<Answer> {
  if (user_id === ctx.actor.userId) return addSelf(ctx, roomId, role);
  return write(ctx, 'member.add', async (ctx) => {
    const action = role === 'moderator' ? 'member.add_moderator' : 'member.add';
    const { room, target } = await allowOnPerson(ctx, action, roomId, user_id);
    if (role === 'owner') throw ownerOnAdding();
    return once(ctx, async () => {
      if (target.role !== undefined) throw conflict('already_member', { user_id });
      const refusal = refuseOffice(role, target.serverRole);
      if (refusal) throw refusal;
      const ban = await findBan.first(ctx.db, { container_id: roomId, user_id, now: ctx.now });
      if (ban) throw unprocessable('banned', { field: 'user_id' });
      await enterRoom(ctx, room, user_id, role);
      return created(await presentMember(ctx, roomId, user_id));
    });
  });
}
