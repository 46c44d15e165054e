import { allow, allowInRoom } from '../../access.ts';
import type { Ctx } from '../../context.ts';
import type { CommitPosition } from '../../db/commit_order.ts';
import { isBefore } from '../../db/commit_order.ts';
import { AppError } from '../../errors.ts';
import { placeOf } from '../../log/read.ts';
import type { LiveReader } from '../../realtime/audience.ts';
import type { View } from './backlog.ts';
import { findEnding } from './visible_store.ts';

type Asked = Pick<View, 'types' | 'room_id'>;

/**
 * What the caller may be told of: all he is in, or the one room he names. Whoever was let go from it, and does not know that yet, may
 * still ask; all there is for him is that.
 */
export async function allowView(ctx: Ctx, { types, room_id }: Asked, from: CommitPosition): Promise<View> {
  allow(ctx, 'event.read');
  const view: View = { actor: ctx.actor, types, room_id };
  if (room_id === undefined) return view;
  try {
    const { room } = await allowInRoom(ctx, 'message.list', room_id);
    return room.role === null ? { ...view, visits: room_id } : view;
  } catch (refusal) {
    if (refusal instanceof AppError && (await hasUntoldEnding(ctx, room_id, from))) return view;
    throw refusal;
  }
}

/**
 * Has a reader that is attached, and not live yet, told of the room it looks into. That was allowed before changes of the room were
 * followed, so it is asked again. Admins may look into every room, and one look is written down once.
 */
export async function lookIn(ctx: Ctx, reader: LiveReader, view: View, from: CommitPosition): Promise<View> {
  if (view.visits === undefined) return view;
  const { hub } = ctx.deps.realtime;
  hub.visit(reader, view.visits);
  if (ctx.actor.role === 'admin') return view;
  const again = await allowView(ctx, view, from);
  if (again.visits === undefined) hub.endVisit(reader, view.visits);
  return again;
}

async function hasUntoldEnding(ctx: Ctx, roomId: number, from: CommitPosition): Promise<boolean> {
  const ending = await findEnding.first(ctx.db, { container_id: roomId, user_id: ctx.actor.userId });
  const place = ending?.left_event ? await placeOf(ctx.db, ending.left_event) : undefined;
  return place !== undefined && isBefore(from, place);
}
