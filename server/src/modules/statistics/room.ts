import { allowInRoom } from '../../access.ts';
import { type Answer, ok } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import { type Period, sinceOf } from './hours.ts';
import { presentRoom } from './present.ts';
import { findNames } from './store.ts';
import { roomHoursSince } from './tally_store.ts';

/** What happened in a room in a period. Read from what is counted with each change, so that it takes no longer as history grows. */
export async function getRoomStatistics(ctx: Ctx, roomId: number, period: Period): Promise<Answer> {
  const { room } = await allowInRoom(ctx, 'room.statistics', roomId);
  const window = { container_id: roomId, since: sinceOf(period, ctx.now) };
  const hours = await roomHoursSince.all(ctx.db, window);
  const { authors, top } = await ctx.deps.messages.authors.rank(ctx.db, room, window.since);
  const ids = top.map(({ author_id }) => author_id);
  const names = new Map((await findNames.all(ctx.db, ids)).map(({ id, username }) => [id, username]));
  return ok(presentRoom({ room, period, since: window.since, now: ctx.now, hours, authors, top, names }));
}
