import { emit, lockStreams, type WriteCtx } from '../../context.ts';
import { containerStream } from '../../events.ts';
import { countMember, findAutoRooms, insertMembers } from './auto_join_store.ts';
import type { User } from './store.ts';

/** Takes the locks of making an account: the server's stream and those of the rooms it will join. */
export async function lockForNewUser(ctx: WriteCtx): Promise<void> {
  const rooms = await findAutoRooms.all(ctx.db, {});
  await lockStreams(ctx, { server: true, containers: rooms.map(({ id }) => id) });
}

/** Puts a new person into every `auto_join` room, at its present end and whatever its size; after `lockForNewUser`. */
export async function joinAutoRooms(ctx: WriteCtx, user: User): Promise<void> {
  // Guests join nothing (policy: room.join).
  if (user.role === 'guest') return;
  // As it is under the locks; a room that became one just now counts from the next account on.
  const rooms = (await findAutoRooms.all(ctx.db, {})).filter(({ id }) => ctx.db.locked.has(containerStream(id)));
  await insertMembers(
    ctx.db,
    rooms.map(({ id, last_seq }) => ({
      container_id: id,
      user_id: user.id,
      role: 'member',
      joined_at: ctx.now,
      last_read_seq: last_seq,
      skipped_count: 0,
      mention_count: 0,
      has_blocked: 0,
      last_sent_at: 0,
    })),
  );
  await countMember.run(ctx.db, rooms);
  for (const { id } of rooms) {
    const data = { role: 'member' };
    await emit(ctx, { type: 'user_joined', containerId: id, userId: user.id, data, audit: { userId: user.id } });
  }
}
