import { lockContainers, type WriteCtx } from '../../context.ts';
import { findAutoJoinRooms, findRooms } from '../rooms/store.ts';
import { enterRoom } from './enter.ts';

/** Takes the locks of the rooms that every new user joins, and resolves with their ids; call it before anything is written. */
export async function lockAutoJoinRooms(ctx: WriteCtx): Promise<number[]> {
  const ids = (await findAutoJoinRooms.all(ctx.db, {})).map(({ id }) => id);
  await lockContainers(ctx, ids);
  return ids;
}

/** Puts a new user into those of the locked rooms that still want it. */
export async function enterAutoJoinRooms(ctx: WriteCtx, userId: number, locked: readonly number[]): Promise<void> {
  const keys = locked.map((container_id) => ({ container_id, user_id: userId }));
  for (const room of await findRooms.firstOfEach(ctx.db, keys)) {
    if (room && room.auto_join === 1 && room.visibility !== 'deleted' && room.role === null) {
      await enterRoom(ctx, room, userId);
    }
  }
}
