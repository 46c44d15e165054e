import type { EventType } from '../../events.ts';
import type { LoggedEvent } from '../../log/read.ts';
import { timestamp } from '../../timestamp.ts';
import { banOf } from '../bans/present.ts';
import { findBan } from '../bans/store.ts';
import { presentFile } from '../files/present.ts';
import { findFile } from '../files/store.ts';
import { toldMember } from '../members/present.ts';
import { findMembership } from '../members/store.ts';
import { markAnswer } from '../read_marks/present.ts';
import { findMark } from '../read_marks/store.ts';
import { roomJson } from '../rooms/present.ts';
import { findRoom } from '../rooms/store.ts';
import { presentWithEmail } from '../users/present.ts';
import { findUser } from '../users/store.ts';
import { presentWebhook } from '../webhooks/read.ts';
import { findWebhook } from '../webhooks/store.ts';
import type { Facts, Shape, Telling } from './facts.ts';

type Render = (ctx: Telling, event: LoggedEvent, facts: Facts) => Promise<Shape | undefined> | Shape | undefined;

const byType: Partial<Record<EventType, Render>> = {
  message_sent: messagePayload,
  message_updated: messagePayload,
  message_deleted: messagePayload,
  message_pinned: messagePayload,
  message_unpinned: messagePayload,
  reaction_added: reactionPayload,
  reaction_removed: reactionPayload,
  room_created: roomPayload,
  room_updated: roomPayload,
  room_deleted: roomPayload,
  user_joined: membershipPayload,
  user_left: membershipPayload,
  member_role_changed: membershipPayload,
  member_muted: membershipPayload,
  member_unmuted: membershipPayload,
  user_banned: banPayload,
  user_unbanned: personPayload,
  user_created: userPayload,
  user_updated: userPayload,
  user_role_changed: userPayload,
  user_suspended: userPayload,
  user_restored: userPayload,
  file_uploaded: uploadedPayload,
  private_file_uploaded: uploadedPayload,
  file_deleted: fileDeletedPayload,
  read_mark_moved: markPayload,
  webhook_disabled: webhookPayload,
};

/**
 * What is told of an event: the thing as REST shows it now, to nobody in particular, with what the log alone knows of the event. A thing
 * that is gone is told of by its ids.
 */
export async function payloadOf(ctx: Telling, event: LoggedEvent, facts: Facts): Promise<Shape> {
  const shape = (await byType[event.type as EventType]?.(ctx, event, facts)) ?? idsOf(event);
  return { ...placeOf(event, facts), ...shape, ...saidOf(event), actor_id: event.actor_id };
}

function placeOf({ container_id }: LoggedEvent, { places }: Facts): Shape {
  const isDirect = places.get(container_id ?? 0)?.visibility === 'direct';
  return isDirect ? { room_id: null, conversation_id: container_id } : { room_id: container_id };
}

function idsOf({ message_id, user_id }: LoggedEvent): Shape {
  return {
    ...(message_id === null ? {} : { message_id }),
    ...(user_id === null ? {} : { user_id }),
  };
}

/** Times are numbers in the log; how many replies a thread has is told of its root, whose count it is. */
function saidOf({ data }: LoggedEvent): Shape {
  const { thread_count: _, ...said } = data;
  return typeof said.until === 'number' ? { ...said, until: timestamp(said.until) } : said;
}

function messagePayload(_: Telling, { message_id }: LoggedEvent, { messages }: Facts): Shape | undefined {
  return messages.get(message_id as number);
}

/**
 * Which emoji, and how often it stood there then, the log knows; who they are is told as it is now. So is the version: whoever was told of
 * something later of the same message before, as of its thread or its pin, must not take this for old.
 */
async function reactionPayload(ctx: Telling, event: LoggedEvent, facts: Facts): Promise<Shape | undefined> {
  const person = await personPayload(ctx, event);
  const message = facts.messages.get(event.message_id as number);
  const reactions = message?.reactions as Record<string, Shape> | undefined;
  const users = reactions?.[event.data.emoji as string]?.users ?? [];
  return person && { message_id: event.message_id, ...person, users, version: message?.version ?? event.version };
}

async function roomPayload(ctx: Telling, { type, container_id }: LoggedEvent): Promise<Shape | undefined> {
  const room = await findRoom.first(ctx.db, { container_id: container_id as number, user_id: 0 });
  if (!room || room.visibility === 'deleted') return { id: container_id, is_deleted: true };
  return type === 'room_deleted' ? undefined : (JSON.parse(roomJson(room)) as Shape);
}

async function membershipPayload(ctx: Telling, event: LoggedEvent, facts: Facts): Promise<Shape | undefined> {
  const key = { container_id: event.container_id as number, user_id: event.user_id as number };
  const member = await findMembership.first(ctx.db, key);
  return member && { ...toldMember(member, ctx.now), ...countOf(event, facts) };
}

/** How many are in the room now: who is told of one more or less need not count. */
function countOf({ container_id }: LoggedEvent, { places }: Facts): Shape {
  return { member_count: places.get(container_id ?? 0)?.member_count ?? 0 };
}

async function banPayload(ctx: Telling, event: LoggedEvent, facts: Facts): Promise<Shape | undefined> {
  const key = { container_id: event.container_id as number, user_id: event.user_id as number };
  const ban = await findBan.first(ctx.db, { ...key, now: ctx.now });
  const shape = ban ? banOf(ban) : await personPayload(ctx, event);
  return shape && { ...shape, ...countOf(event, facts) };
}

async function personPayload(ctx: Telling, { user_id }: LoggedEvent): Promise<Shape | undefined> {
  const user = await findUser.first(ctx.db, { id: user_id as number });
  return user && { user_id, username: user.username };
}

/** Of a deleted one the log knows the name. */
async function uploadedPayload(ctx: Telling, { data }: LoggedEvent): Promise<Shape | undefined> {
  const file = await findFile.first(ctx.db, { id: data.file_id as number });
  return file && file.visibility !== 'deleted' ? presentFile(file) : undefined;
}

/** The message it hung on has changed with it. */
function fileDeletedPayload(_: Telling, event: LoggedEvent, { messages }: Facts): Shape {
  const version = messages.get(event.message_id ?? 0)?.version;
  return { ...idsOf(event), ...(version === undefined ? {} : { version }) };
}

async function userPayload(ctx: Telling, { user_id }: LoggedEvent): Promise<Shape | undefined> {
  const user = await findUser.first(ctx.db, { id: user_id as number });
  return user && { ...presentWithEmail(ctx, user), user_id };
}

async function markPayload(ctx: Telling, { container_id, user_id }: LoggedEvent): Promise<Shape | undefined> {
  const mark = await findMark.first(ctx.db, { container_id: container_id as number, user_id: user_id as number });
  return mark && markAnswer(mark);
}

async function webhookPayload(ctx: Telling, { data }: LoggedEvent): Promise<Shape | undefined> {
  const webhook = await findWebhook.first(ctx.db, { id: data.webhook_id as number });
  return webhook && presentWebhook(ctx.db, webhook);
}
