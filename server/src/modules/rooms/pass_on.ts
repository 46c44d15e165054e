import { targetIn } from '../../access.ts';
import { lockStreams, type WriteCtx } from '../../context.ts';
import { containerStream } from '../../events.ts';
import { transferRoom } from '../members/transfer.ts';
import { endRoom } from './delete.ts';
import { findHeir, findOwned, findRoom, type RoomForUser } from './store.ts';

/** Takes the locks of passing on somebody's rooms, and of his account and the server. */
export async function lockForPassingOn(ctx: WriteCtx, userId: number): Promise<void> {
  const ownedIds = async () => (await findOwned.all(ctx.db, { owner_id: userId })).map(({ id }) => id);
  await lockStreams(ctx, { server: true, users: [userId], containers: await ownedIds() });
  // Those he got while this waited. He makes no more, which takes the lock of his account: however fast he did, this comes to its end.
  // Should somebody wait for that lock with the room's in his hand, the database lets one of them run again.
  const isFree = (id: number) => !ctx.db.locked.has(containerStream(id));
  for (let more = (await ownedIds()).filter(isFree); more.length > 0; more = (await ownedIds()).filter(isFree))
    await lockStreams(ctx, { containers: more });
}

/**
 * Hands the rooms of somebody who can act no more to their senior moderators, else senior members. A room with nobody else in it is
 * ended or kept; one with guests alone, who may own none, is kept. After `lockForPassingOn`.
 */
export async function passRoomsOn(ctx: WriteCtx, userId: number, empty: 'end' | 'keep'): Promise<void> {
  for (const { id } of await findOwned.all(ctx.db, { owner_id: userId })) {
    const room = (await findRoom.first(ctx.db, { container_id: id, user_id: userId })) as RoomForUser;
    const heir = await findHeir.first(ctx.db, { container_id: id, owner_id: userId });
    const target = heir && (await targetIn(ctx.db, room, heir.user_id));
    if (target) await transferRoom(ctx, { room, target });
    else if (empty === 'end' && room.member_count <= 1) await endRoom(ctx, room);
  }
}
