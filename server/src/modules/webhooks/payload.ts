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
import { webhookOf } from './present.ts';
import { findSubscriptions, findWebhook } from './store.ts';

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
type Present = (ctx: Ctx, event: LoggedEvent) => Promise<Shape | undefined>;

const byType: Partial<Record<EventType, Present>> = {
  message_sent: presentMessage,
  message_updated: presentMessage,
  message_deleted: presentMessage,
  message_pinned: presentMessage,
  message_unpinned: presentMessage,
  reaction_added: presentReaction,
  reaction_removed: presentReaction,
  room_created: presentRoom,
  room_updated: presentRoom,
  room_deleted: presentRoom,
  user_joined: presentMembership,
  user_left: presentMembership,
  member_role_changed: presentMembership,
  member_muted: presentMembership,
  member_unmuted: presentMembership,
  user_banned: presentBan,
  user_unbanned: presentPerson,
  user_created: presentUser,
  user_updated: presentUser,
  file_uploaded: presentUploaded,
  webhook_disabled: presentWebhook,
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
async function presentMessage(ctx: Ctx, { subject_id, container_id }: LoggedEvent): Promise<Shape | undefined> {
  const text = await ctx.deps.messages.fragments.fresh(ctx.db, 0, subject_id as number);
  if (text === undefined) return undefined;
  const message = JSON.parse(text) as Shape;
  const room = await findRoom.first(ctx.db, { container_id: container_id as number, user_id: 0 });
  return { ...message, ...(room?.visibility === 'deleted' ? WORDS_GONE : {}), user_id: message.author_id };
}

async function presentRoom(ctx: Ctx, { type, container_id }: LoggedEvent): Promise<Shape | undefined> {
  const room = await findRoom.first(ctx.db, { container_id: container_id as number, user_id: 0 });
  if (!room || room.visibility === 'deleted') return { id: container_id, is_deleted: true };
  return type === 'room_deleted' ? undefined : (JSON.parse(roomJson(room)) as Shape);
}

async function presentMembership(ctx: Ctx, event: LoggedEvent): Promise<Shape | undefined> {
  const key = { container_id: event.container_id as number, user_id: event.user_id as number };
  const [member] = await membersOf(ctx, await findMembership.all(ctx.db, key));
  return member;
}

async function presentBan(ctx: Ctx, event: LoggedEvent): Promise<Shape | undefined> {
  const key = { container_id: event.container_id as number, user_id: event.user_id as number };
  const ban = await findBan.first(ctx.db, { ...key, now: ctx.now });
  return ban ? banOf(ban) : presentPerson(ctx, event);
}

async function presentPerson(ctx: Ctx, { user_id }: LoggedEvent): Promise<Shape | undefined> {
  const user = await findUser.first(ctx.db, { id: user_id as number });
  return user && { user_id, username: user.username };
}

/** Which emoji, and how often it stands there now, the log knows. */
async function presentReaction(ctx: Ctx, event: LoggedEvent): Promise<Shape | undefined> {
  const person = await presentPerson(ctx, event);
  return person && { message_id: event.subject_id, ...person };
}

/** Of a deleted one the log knows the name. */
async function presentUploaded(ctx: Ctx, { data }: LoggedEvent): Promise<Shape | undefined> {
  const file = await findFile.first(ctx.db, { id: data.file_id as number });
  return file && file.visibility !== 'deleted' ? presentFile(file) : undefined;
}

async function presentUser(ctx: Ctx, { user_id }: LoggedEvent): Promise<Shape | undefined> {
  const user = await findUser.first(ctx.db, { id: user_id as number });
  return user && { ...presentWithEmail(ctx, user), user_id };
}

async function presentWebhook(ctx: Ctx, { data }: LoggedEvent): Promise<Shape | undefined> {
  const webhook = await findWebhook.first(ctx.db, { id: data.webhook_id as number });
  if (!webhook) return undefined;
  const rows = await findSubscriptions.all(ctx.db, [webhook.id]);
  return webhookOf(
    webhook,
    rows.map(({ event }) => event),
  );
}
