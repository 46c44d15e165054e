import { lockStreams, type WriteCtx } from '../../context.ts';
import { containerStream } from '../../events.ts';
import { enterRoom } from '../members/enter.ts';
import { findAutoRooms } from '../rooms/store.ts';
import type { User } from './store.ts';

/** Takes the locks of making an account: the server's stream and those of the rooms it will join. */
export async function lockForNewUser(ctx: WriteCtx): Promise<void> {
  const rooms = await findAutoRooms.all(ctx.db, {});
  await lockStreams(ctx, { server: true, containers: rooms.map(({ id }) => id) });
}

/** Puts a new person into every `auto_join` room; after `lockForNewUser`. */
export async function joinAutoRooms(ctx: WriteCtx, user: User): Promise<void> {
  // Guests join nothing (policy: room.join).
  if (user.role === 'guest') return;
  // As they are under the locks; a room that became one just now counts from the next account on.
  const rooms = await findAutoRooms.all(ctx.db, {});
  for (const room of rooms) {
    if (ctx.db.locked.has(containerStream(room.id))) await enterRoom(ctx, room, user.id);
  }
}
