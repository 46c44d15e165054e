import type { Actor } from './actor.ts';
import { AppError } from './errors.ts';
import type { ConversationForUser } from './modules/conversations/store.ts';
import type { RoomForUser } from './modules/rooms/store.ts';
import {
  type ConversationAction,
  canSeeRoom,
  type RoomAction,
  type RoomFacts,
  refuseInConversation,
  refuseInRoom,
} from './policy.ts';

/** Verdicts on what is loaded already, for access.ts and for batches, which load many at once. */
interface Asking {
  readonly actor: Actor;
  readonly now: number;
}

export function judgeRoom(ctx: Asking, action: RoomAction, room: RoomForUser | undefined): AppError | undefined {
  if (!room || (room.visibility !== 'public' && room.visibility !== 'private')) return new AppError('ROOM_NOT_FOUND');
  const facts = factsOf(room, ctx.now);
  return canSeeRoom(ctx.actor.role, facts) ? refuseInRoom(ctx.actor, action, facts) : new AppError('ROOM_NOT_FOUND');
}

export function judgeConversation(
  ctx: Pick<Asking, 'actor'>,
  action: ConversationAction,
  found: ConversationForUser | undefined,
  ownsMessage = true,
): AppError | undefined {
  if (!found || ctx.actor.role === 'guest') return new AppError('CONVERSATION_NOT_FOUND');
  const facts = { blockedByMe: found.blocked_by_me === 1, blockedByOther: found.blocked_by_other === 1 };
  return refuseInConversation(action, facts, ownsMessage);
}

export function roleOf(room: RoomForUser): RoomFacts['role'] {
  return (room.role as RoomFacts['role'] | null) ?? undefined;
}

export function factsOf(room: RoomForUser, now: number): RoomFacts {
  return {
    visibility: room.visibility as RoomFacts['visibility'],
    isArchived: room.is_archived === 1,
    role: roleOf(room),
    isMuted: (room.muted_until ?? 0) > now,
    isBanned: room.banned_at !== null && (room.banned_until === null || room.banned_until > now),
  };
}
