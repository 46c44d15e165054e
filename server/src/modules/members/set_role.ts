import { allowOnPerson, type OnPerson, requireAbove } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import { type Ctx, emit, lockStreams, type WriteCtx, write } from '../../context.ts';
import { AppError, conflict } from '../../errors.ts';
import { setRole } from './change_store.ts';
import { presentMember } from './enter.ts';
import { refuseOffice } from './office.ts';
import type { Role } from './schema.ts';
import { transferRoom } from './transfer.ts';

/**
 * Gives a member another role; `owner` transfers the room. Who gives a role need not stand above the person, who may well be a
 * moderator of the whole server; who takes one away must.
 */
export function setMemberRole(ctx: Ctx, roomId: number, userId: number, role: Role): Promise<Answer> {
  return write(ctx, 'member.set_role', async (ctx) => {
    // What is told of webhooks stands in the server's stream, whose lock must come with the room's.
    if (role === 'owner') await lockStreams(ctx, { server: true, containers: [roomId] });
    const on = await allowOnPerson(ctx, 'member.set_role', roomId, userId);
    const { target } = on;
    if (target.role === undefined) throw new AppError('USER_NOT_FOUND');
    if (target.role === 'owner') throw conflict('owner_must_transfer', { user_id: userId });
    if (role === 'member' && userId !== ctx.actor.userId) requireAbove(ctx, on);
    const refusal = refuseOffice(role, target.serverRole);
    if (refusal) throw refusal;
    if (role === 'owner') await transferRoom(ctx, on);
    else if (role !== target.role) await change(ctx, on, role);
    return ok(await presentMember(ctx, roomId, userId));
  });
}

async function change(ctx: WriteCtx, { room, target }: OnPerson, role: 'moderator' | 'member'): Promise<void> {
  await setRole.run(ctx.db, { container_id: room.id, user_id: target.id, role });
  await emit(ctx, {
    type: 'member_role_changed',
    containerId: room.id,
    userId: target.id,
    data: { role, former_role: target.role },
    audit: { userId: target.id },
  });
}
