import type { OnPerson } from '../../access.ts';
import { emit, type WriteCtx } from '../../context.ts';
import { unprocessable } from '../../errors.ts';
import { setOwner } from '../rooms/change_store.ts';
import { disableOfFormerOwner } from '../webhooks/disable.ts';
import { setMute, setRole } from './change_store.ts';
import { findTarget } from './store.ts';

/** Hands a room over: the former owner becomes a moderator. At no statement has the room two owners. */
export async function transferRoom(ctx: WriteCtx, { room, target }: Pick<OnPerson, 'room' | 'target'>): Promise<void> {
  if (target.isSuspended) throw unprocessable('suspended', { field: 'user_id' });
  const containerId = room.id;
  const former = room.owner_id;
  await setRole.run(ctx.db, { container_id: containerId, user_id: former, role: 'moderator' });
  await setRole.run(ctx.db, { container_id: containerId, user_id: target.id, role: 'owner' });
  await setOwner.run(ctx.db, { id: containerId, owner_id: target.id, updated_at: ctx.now });
  await emit(
    ctx,
    {
      type: 'member_role_changed',
      containerId,
      userId: former,
      data: { role: 'moderator', former_role: 'owner' },
      audit: { userId: former },
    },
    {
      type: 'member_role_changed',
      containerId,
      userId: target.id,
      data: { role: 'owner', former_role: target.role },
      audit: { userId: target.id },
    },
    {
      type: 'room_updated',
      containerId,
      version: room.version + 1,
      audit: { details: { changed: ['owner_id'], owner_id: { from: former, to: target.id } } },
    },
  );
  await unmuteOwner(ctx, containerId, target);
  const before = await findTarget.first(ctx.db, { container_id: containerId, user_id: former });
  if (before?.server_role !== 'admin') await disableOfFormerOwner(ctx, containerId, former);
}

/** Nobody could lift it later: one acts on an owner only after a transfer. */
async function unmuteOwner(ctx: WriteCtx, containerId: number, { id, mutedUntil }: OnPerson['target']): Promise<void> {
  if (mutedUntil === null) return;
  await setMute.run(ctx.db, { container_id: containerId, user_id: id, muted_until: null });
  if (mutedUntil > ctx.now) await emit(ctx, { type: 'member_unmuted', containerId, userId: id, audit: { userId: id } });
}
