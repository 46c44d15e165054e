import type { ServerRole } from './actor.ts';
import { type Ctx, emit, isWriting, lockStreams, type WriteCtx, write } from './context.ts';
import type { Reader } from './db/database.ts';
import { AppError } from './errors.ts';
import { factsOf, judgeConversation, judgeRoom, roleOf } from './judge.ts';
import { type ConversationForUser, findConversation } from './modules/conversations/store.ts';
import { findTarget } from './modules/members/store.ts';
import { findMessage, type MessageOfContainer } from './modules/messages/store.ts';
import { findRoom, type RoomForUser } from './modules/rooms/store.ts';
import { findUser } from './modules/users/store.ts';
import {
  type AccountAction,
  type ConversationAction,
  type MessageAction,
  type Rank,
  type RoomAction,
  type RoomFacts,
  rankOf,
  refuseByRank,
  refuseForAccount,
  refuseOthersWords,
} from './policy.ts';

/**
 * Loading and authorising are one call: what an action holds of a room, a conversation or a message it got from here. Inside `write`
 * each takes the container's lock first, so that what was decided still holds when it is acted on.
 */
export interface InRoom {
  readonly room: RoomForUser;
  readonly rank: Rank;
}

/** Account level: needs nothing but the actor. */
export function allow(ctx: Ctx, action: AccountAction): void {
  const refusal = refuseForAccount(ctx.actor, action);
  if (refusal) throw refusal;
}

/**
 * Inside `write`, under a lock that changes of the caller's standing take too: what he leaves behind must not outlast what he was let
 * do it by, and has lost while he waited.
 */
export async function requireStanding(ctx: WriteCtx): Promise<void> {
  const { userId, role } = ctx.actor;
  const user = await findUser.first(ctx.db, { id: userId });
  if (user?.role !== role || user.is_suspended === 1) throw new AppError('INVALID_TOKEN');
}

export async function allowInRoom(ctx: Ctx, action: RoomAction, roomId: number): Promise<InRoom> {
  if (isWriting(ctx)) await lockStreams(ctx, { containers: [roomId] });
  let room = await judgedRoom(ctx, action, roomId);
  if (isAdminLookingIn(ctx, room) && !isWriting(ctx)) {
    await auditLook(ctx, room);
    // That was a commit: what is read from here on is of a later moment than what was judged.
    room = await judgedRoom(ctx, action, roomId);
  }
  return { room, rank: rankOf(ctx.actor.role, roleOf(room), factsOf(room, ctx.now).visibility) };
}

async function judgedRoom(ctx: Ctx, action: RoomAction, roomId: number): Promise<RoomForUser> {
  const found = await findRoom.first(ctx.db, { container_id: roomId, user_id: ctx.actor.userId });
  const refusal = judgeRoom(ctx, action, found);
  if (refusal) throw refusal;
  return found as RoomForUser;
}

export interface OnPerson extends InRoom {
  readonly target: {
    id: number;
    username: string;
    role: RoomFacts['role'];
    rank: Rank;
    joinedAt: number;
    mutedUntil: number | null;
    serverRole: ServerRole;
    isSuspended: boolean;
  };
}

/** To act on a person in a room one stands strictly above; oneself is the caller's own case to decide. */
export async function allowOnPerson(ctx: Ctx, action: RoomAction, roomId: number, userId: number): Promise<OnPerson> {
  const { room, rank } = await allowInRoom(ctx, action, roomId);
  const target = await targetIn(ctx.db, room, userId);
  if (!target) throw new AppError('USER_NOT_FOUND');
  return { room, rank, target };
}

/** A person as he stands in a room, in it or not; undefined when there is no such account. */
export async function targetIn(db: Reader, room: RoomForUser, userId: number): Promise<OnPerson['target'] | undefined> {
  const found = await findTarget.first(db, { container_id: room.id, user_id: userId });
  if (!found) return undefined;
  const role = found.role as RoomFacts['role'] | null;
  return {
    id: found.id,
    username: found.username,
    role: role ?? undefined,
    rank: rankOf(found.server_role, role ?? undefined, room.visibility as RoomFacts['visibility']),
    joinedAt: found.joined_at ?? 0,
    mutedUntil: found.muted_until,
    serverRole: found.server_role,
    isSuspended: found.is_suspended === 1,
  };
}

/** Raises unless the caller stands strictly above the person. */
export function requireAbove(ctx: Ctx, { room, rank, target }: OnPerson): void {
  if (rank <= target.rank) throw refuseByRank(ctx.actor, roleOf(room));
}

export async function allowInConversation(
  ctx: Ctx,
  action: ConversationAction,
  conversationId: number,
  isOwn = true,
): Promise<ConversationForUser> {
  if (isWriting(ctx)) await lockStreams(ctx, { containers: [conversationId] });
  const found = await findConversation.first(ctx.db, { container_id: conversationId, user_id: ctx.actor.userId });
  const refusal = judgeConversation(ctx, action, found, isOwn);
  if (refusal) throw refusal;
  return found as ConversationForUser;
}

export interface OnMessage {
  readonly message: MessageOfContainer;
  readonly room: RoomForUser | undefined;
  readonly conversation: ConversationForUser | undefined;
}

/** A message follows what it hangs on. What the caller may not know of is 404 MESSAGE_NOT_FOUND, whatever hides it. */
export async function allowOnMessage(ctx: Ctx, action: MessageAction, messageId: number): Promise<OnMessage> {
  const seen = await findMessage.first(ctx.db, { id: messageId });
  if (!seen) throw new AppError('MESSAGE_NOT_FOUND');
  const found = isWriting(ctx) ? await againUnderLock(ctx, seen) : seen;
  const isOwn = seen.author_id === ctx.actor.userId;
  // One that was deleted is there for nobody, whatever he may do here, and leaves no trace of an admin's look.
  if (!found || found.content === null) throw new AppError('MESSAGE_NOT_FOUND');
  const held = await whatItHangsOn(ctx, action, found, isOwn).catch(asMessageNotFound);
  if (action === 'message.delete' && !isOwn && held.room) await requireAboveAuthor(ctx, held.room, found.author_id);
  return { message: found, ...held };
}

/** Only the message itself tells which lock it is under. */
async function againUnderLock(ctx: WriteCtx, { id, container_id }: MessageOfContainer) {
  await lockStreams(ctx, { containers: [container_id] });
  return findMessage.first(ctx.db, { id });
}

async function whatItHangsOn(ctx: Ctx, action: MessageAction, message: MessageOfContainer, isOwn: boolean) {
  const containerId = message.container_id;
  if (message.visibility === 'direct') {
    const key = { container_id: containerId, user_id: ctx.actor.userId };
    const conversation = await findConversation.first(ctx.db, key);
    const refusal = judgeConversation(ctx, action, conversation, isOwn);
    if (refusal) throw refusal;
    return { conversation, room: undefined };
  }
  if (action === 'message.edit' && !isOwn) {
    const { room } = await allowInRoom(ctx, 'message.list', containerId);
    throw refuseOthersWords(ctx.actor, roleOf(room));
  }
  const roomAction = action === 'message.delete' && isOwn ? 'message.delete_own' : action;
  const { room } = await allowInRoom(ctx, roomAction, containerId);
  return { conversation: undefined, room };
}

function asMessageNotFound(error: unknown): never {
  const hidden = error instanceof AppError && error.status === 404;
  throw hidden ? new AppError('MESSAGE_NOT_FOUND') : error;
}

/** Raises unless the caller stands strictly above whoever wrote or uploaded it. */
export async function requireAboveAuthor(ctx: Ctx, room: RoomForUser, authorId: number) {
  const author = await findTarget.first(ctx.db, { container_id: room.id, user_id: authorId });
  const visibility = room.visibility as RoomFacts['visibility'];
  const authorRank = author
    ? rankOf(author.server_role, (author.role as RoomFacts['role']) ?? undefined, visibility)
    : 0;
  if (rankOf(ctx.actor.role, roleOf(room), visibility) <= authorRank) throw refuseByRank(ctx.actor, roleOf(room));
}

/** An admin reads private rooms he is not in; each look is audited. */
function isAdminLookingIn(ctx: Ctx, room: RoomForUser): boolean {
  return ctx.actor.role === 'admin' && room.visibility === 'private' && room.role === null;
}

/** A change by the admin has its own audit row; a mere look gets this one. */
async function auditLook(ctx: Ctx, room: RoomForUser): Promise<void> {
  await write(ctx, 'room.look', async (inner: WriteCtx) => {
    await lockStreams(inner, { server: true });
    await emit(inner, { type: 'private_room_read', containerId: room.id, audit: {} });
  });
}
