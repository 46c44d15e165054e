import { emit, type WriteCtx } from '../../context.ts';
import { AppError } from '../../errors.ts';
import { countJoin } from '../statistics/tally.ts';
import { addToMemberCount, putMember } from './change_store.ts';
import { membersOf } from './present.ts';
import { findMember } from './store.ts';

/** What of a room, read under its lock, decides whether there is a place left. */
export interface Enterable {
  readonly id: number;
  readonly last_seq: number;
  readonly auto_join: number;
  readonly member_count: number;
  readonly max_members: number;
}

/** THE way into a room that exists, for somebody who is not in it. The room's lock must be held. */
export async function enterRoom(
  ctx: WriteCtx,
  room: Enterable,
  userId: number,
  role: 'moderator' | 'member' = 'member',
): Promise<void> {
  if (room.auto_join === 0 && room.member_count >= room.max_members) {
    throw new AppError('ROOM_FULL', { max_members: room.max_members });
  }
  await putMember.run(ctx.db, {
    container_id: room.id,
    user_id: userId,
    role,
    joined_at: ctx.now,
    last_read_seq: room.last_seq,
  });
  await addToMemberCount.run(ctx.db, { id: room.id, delta: 1 });
  await countJoin(ctx.db, room.id, ctx.now);
  await emit(ctx, { type: 'user_joined', containerId: room.id, userId, data: { role }, audit: { userId } });
}

/** A membership as it is now, within the transaction that made or changed it. */
export async function presentMember(ctx: WriteCtx, roomId: number, userId: number) {
  const found = await findMember.all(ctx.db, { container_id: roomId, user_id: userId });
  const [member] = await membersOf(ctx, found);
  return member;
}
