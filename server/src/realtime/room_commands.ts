import { allowInRoom } from '../access.ts';
import type { Ctx } from '../context.ts';
import { AppError, invalid } from '../errors.ts';
import { listRoomAudit } from '../modules/audit/list.ts';
import { findLastMessage } from '../modules/conversations/store.ts';
import type { Shape } from '../modules/events/facts.ts';
import { joinRoom } from '../modules/members/join.ts';
import { leaveRoom } from '../modules/members/leave.ts';
import { listConversationMessages, listRoomMessages } from '../modules/messages/list.ts';
import { markRead } from '../modules/read_marks/mark.ts';
import { getRoomStatistics } from '../modules/statistics/room.ts';
import { command, type Here, shapeOf } from './command.ts';
import { messageShape } from './frames.ts';
import { AuditLogs, GetHistory, InRoom, LeaveRoom, MarkRead, RoomStats } from './schema.ts';

export const roomCommands = {
  join_room: command({
    data: InRoom,
    limit: 'default',
    action: 'room.join',
    summary: 'Join a public room and hear of it; guests only hear of it',
    answer: 'room_joined',
    run: (ctx, { room_id }, here) => join(ctx, room_id, here),
  }),
  leave_room: command({
    data: LeaveRoom,
    limit: 'default',
    action: 'room.leave',
    summary: 'Hear of a room no longer, or leave it',
    answer: 'room_left',
    run: async (ctx, { room_id, leave }, here) => {
      if (leave) await leaveRoom(ctx, room_id);
      else await allowInRoom(ctx, 'room.read', room_id);
      if (leave) here.moveOut(room_id);
      else here.unsubscribe(room_id);
      return { room_id };
    },
  }),
  get_history: command({
    data: GetHistory,
    limit: 'default',
    action: 'message.list',
    summary: 'Messages of a room or conversation, newest first',
    answer: 'room_history',
    run: async (ctx, { room_id, conversation_id, ...asked }) => {
      const options = { ...asked, pinned_only: false, order: 'desc' as const };
      const place = placeOf({ room_id, conversation_id });
      const page =
        place.kind === 'room'
          ? await listRoomMessages(ctx, place.id, options)
          : await listConversationMessages(ctx, place.id, options);
      const { messages, has_more, total_count } = shapeOf(page);
      return { ...place.shape, messages: (messages as Shape[]).map(messageShape), has_more, total_count };
    },
  }),
  mark_read: command({
    data: MarkRead,
    limit: 'default',
    action: 'room.mark_read',
    summary: 'Move the read mark',
    run: async (ctx, { room_id, conversation_id, ...mark }) => {
      const place = placeOf({ room_id, conversation_id });
      return { ...place.shape, ...shapeOf(await markRead(ctx, place.kind, place.id, mark)) };
    },
  }),
  get_room_stats: command({
    data: RoomStats,
    limit: 'default',
    action: 'room.statistics',
    summary: 'Statistics of a room',
    answer: 'room_stats',
    run: async (ctx, { room_id, period }) => shapeOf(await getRoomStatistics(ctx, room_id, period)),
  }),
  get_audit_logs: command({
    data: AuditLogs,
    limit: 'default',
    action: 'room.audit',
    summary: 'What was done in a room',
    answer: 'audit_logs',
    run: async (ctx, { room_id, limit }) => {
      const { logs, total } = shapeOf(await listRoomAudit(ctx, room_id, { limit, offset: 0 }));
      return { room_id, logs, total };
    },
  }),
};

/** A guest looks in; everybody else comes in. */
async function join(ctx: Ctx, roomId: number, here: Here): Promise<Shape> {
  const isGuest = ctx.actor.role === 'guest';
  if (!isGuest) await joinRoom(ctx, roomId);
  const { room } = await allowInRoom(ctx, 'message.list', roomId);
  if (room.role === null) await lookIn(ctx, roomId, here);
  here.subscribe(roomId);
  const [last] = await findLastMessage.firstOfEach(ctx.db, [{ container_id: roomId }]);
  return {
    room_id: roomId,
    room_name: room.name,
    member_count: room.member_count,
    user_role: room.role ?? 'guest',
    is_public: room.visibility === 'public',
    last_message_id: last?.id ?? null,
  };
}

/** What was allowed before changes of the room were followed is asked again; until then nothing is told. */
async function lookIn(ctx: Ctx, roomId: number, here: Here): Promise<void> {
  here.visit(roomId);
  try {
    await allowInRoom(ctx, 'message.list', roomId);
  } catch (refusal) {
    here.endVisit(roomId);
    throw refusal;
  }
}

interface NamedPlace {
  readonly room_id: number | undefined;
  readonly conversation_id: number | undefined;
}

/** One of the two has to be named, and not both. */
export function placeOf({ room_id, conversation_id }: NamedPlace) {
  if (room_id !== undefined && conversation_id !== undefined)
    throw invalid([{ field: 'conversation_id', reason: 'excludes_room_id' }]);
  if (room_id !== undefined) return { kind: 'room', id: room_id, shape: { room_id } } as const;
  if (conversation_id === undefined) throw invalid([{ field: 'room_id', reason: 'required' }]);
  return { kind: 'conversation', id: conversation_id, shape: { conversation_id } } as const;
}

/** Raises where a message is none of the room that was named with it. */
export function refuseElsewhere(containerId: number, roomId: number | undefined): void {
  if (roomId !== undefined && roomId !== containerId) throw new AppError('MESSAGE_NOT_FOUND');
}
