import type { Ctx } from '../../context.ts';
import type { EventType } from '../../events.ts';
import { timestamp } from '../../timestamp.ts';
import { banOf } from '../bans/present.ts';
import { findBan } from '../bans/store.ts';
import { presentFile } from '../files/present.ts';
import { findFile } from '../files/store.ts';
import { membersOf } from '../members/present.ts';
import { findMembership } from '../members/store.ts';
import { roomJson } from '../rooms/present.ts';
import { findRoom } from '../rooms/store.ts';
import { presentWithEmail } from '../users/present.ts';
import { findUser } from '../users/store.ts';
import { presentWebhook } from './read.ts';
import { findWebhook } from './store.ts';

/** An event as the log has it. */
export interface LoggedEvent {
  readonly type: string;
  readonly container_id: number | null;
  readonly subject_id: number | null;
  readonly user_id: number | null;
  readonly actor_id: number;
  readonly data: Readonly<Record<string, unknown>>;
}

type Shape = Record<string, unknown>;
type Render = (ctx: Ctx, event: LoggedEvent) => Promise<Shape | undefined>;

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
  file_uploaded: uploadedPayload,
  webhook_disabled: webhookPayload,
};

/**
 * What a webhook is told: the thing as REST shows it now, to nobody in particular, with what the log alone knows of the event. A thing
 * that is gone is told of by its ids.
 */
export async function payloadOf(ctx: Ctx, event: LoggedEvent): Promise<Shape> {
  const shape = (await byType[event.type as EventType]?.(ctx, event)) ?? idsOf(event);
  return { room_id: event.container_id, ...shape, ...saidOf(event), actor_id: event.actor_id };
}

function idsOf({ subject_id, user_id }: LoggedEvent): Shape {
  return {
    ...(subject_id === null ? {} : { message_id: subject_id }),
    ...(user_id === null ? {} : { user_id }),
  };
}

/** Times are numbers in the log. */
function saidOf({ data }: LoggedEvent): Shape {
  return typeof data.until === 'number' ? { ...data, until: timestamp(data.until) } : data;
}

const WORDS_GONE = { content: null, metadata: {}, reactions: {}, mentions: [], attachments: [], is_deleted: true };

/** With its author as `user_id`. In a deleted room nothing has words any more. */
async function messagePayload(ctx: Ctx, { subject_id, container_id }: LoggedEvent): Promise<Shape | undefined> {
  const text = await ctx.deps.messages.fragments.fresh(ctx.db, 0, subject_id as number);
  if (text === undefined) return undefined;
  const message = JSON.parse(text) as Shape;
  const room = await findRoom.first(ctx.db, { container_id: container_id as number, user_id: 0 });
  return { ...message, ...(room?.visibility === 'deleted' ? WORDS_GONE : {}), user_id: message.author_id };
}

async function roomPayload(ctx: Ctx, { type, container_id }: LoggedEvent): Promise<Shape | undefined> {
  const room = await findRoom.first(ctx.db, { container_id: container_id as number, user_id: 0 });
  if (!room || room.visibility === 'deleted') return { id: container_id, is_deleted: true };
  return type === 'room_deleted' ? undefined : (JSON.parse(roomJson(room)) as Shape);
}

async function membershipPayload(ctx: Ctx, event: LoggedEvent): Promise<Shape | undefined> {
  const key = { container_id: event.container_id as number, user_id: event.user_id as number };
  const [member] = await membersOf(ctx, await findMembership.all(ctx.db, key));
  return member;
}

async function banPayload(ctx: Ctx, event: LoggedEvent): Promise<Shape | undefined> {
  const key = { container_id: event.container_id as number, user_id: event.user_id as number };
  const ban = await findBan.first(ctx.db, { ...key, now: ctx.now });
  return ban ? banOf(ban) : personPayload(ctx, event);
}

async function personPayload(ctx: Ctx, { user_id }: LoggedEvent): Promise<Shape | undefined> {
  const user = await findUser.first(ctx.db, { id: user_id as number });
  return user && { user_id, username: user.username };
}

/** Which emoji, and how often it stands there now, the log knows. */
async function reactionPayload(ctx: Ctx, event: LoggedEvent): Promise<Shape | undefined> {
  const person = await personPayload(ctx, event);
  return person && { message_id: event.subject_id, ...person };
}

/** Of a deleted one the log knows the name. */
async function uploadedPayload(ctx: Ctx, { data }: LoggedEvent): Promise<Shape | undefined> {
  const file = await findFile.first(ctx.db, { id: data.file_id as number });
  return file && file.visibility !== 'deleted' ? presentFile(file) : undefined;
}

async function userPayload(ctx: Ctx, { user_id }: LoggedEvent): Promise<Shape | undefined> {
  const user = await findUser.first(ctx.db, { id: user_id as number });
  return user && { ...presentWithEmail(ctx, user), user_id };
}

async function webhookPayload(ctx: Ctx, { data }: LoggedEvent): Promise<Shape | undefined> {
  const webhook = await findWebhook.first(ctx.db, { id: data.webhook_id as number });
  return webhook && presentWebhook(ctx.db, webhook);
}
