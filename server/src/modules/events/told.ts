import type { Ctx } from '../../context.ts';
import type { CommitPosition } from '../../db/commit_order.ts';
import { type Audience, directNames, type ReadName, readEvents, type ToldType } from '../../events.ts';
import type { LoggedEvent } from '../../log/read.ts';
import { timestamp } from '../../timestamp.ts';
import { presentConversation } from '../conversations/present.ts';
import { findConversation, findSides } from '../conversations/store.ts';
import { type Facts, isOfAccount, loadFacts, type Shape } from './facts.ts';
import { payloadOf } from './payload.ts';

/** An event as its readers are told of it; made once for all of them. */
export interface ToldEvent extends CommitPosition {
  readonly type: ToldType;
  readonly name: ReadName;
  readonly to: Audience;
  readonly containerId: number | null;
  readonly isDirect: boolean;
  /** Null outside of rooms. */
  readonly roomName: string | null;
  readonly userId: number | null;
  readonly actorId: number;
  /** RFC 3339. */
  readonly timestamp: string;
  readonly data: Shape;
  /** Of what everybody is shown differently, the data of each. */
  readonly dataOf: ReadonlyMap<number, Shape> | undefined;
  /** Where the person is whose acquaintances are told. */
  readonly places: readonly number[];
}

const isTold = (event: LoggedEvent): event is LoggedEvent & { type: ToldType } => Object.hasOwn(readEvents, event.type);

/** Those of the events that anybody is told of, in their order, with things as they are now. */
export async function tell(ctx: Ctx, logged: readonly LoggedEvent[]): Promise<ToldEvent[]> {
  const events = logged.filter(isTold);
  if (events.length === 0) return [];
  const facts = await loadFacts(ctx, events);
  const told: ToldEvent[] = [];
  for (const event of events) told.push(await toldOf(ctx, event, facts));
  return told;
}

async function toldOf(ctx: Ctx, event: LoggedEvent & { type: ToldType }, facts: Facts): Promise<ToldEvent> {
  const place = facts.places.get(event.container_id ?? 0);
  const isDirect = place?.visibility === 'direct';
  const { to, as } = readEvents[event.type];
  const payload = await payloadOf(ctx, event, facts);
  const data = shownOf(as, payload);
  return {
    id: event.id,
    xid: event.xid,
    type: event.type,
    name: (isDirect ? directNames[event.type] : undefined) ?? as,
    to,
    containerId: event.container_id,
    isDirect,
    roomName: place?.name ?? null,
    userId: event.user_id,
    actorId: event.actor_id,
    timestamp: timestamp(event.created_at),
    data,
    dataOf: await ofSome(ctx, event, data, payload.email, facts),
    places: facts.placesOf.get(event.user_id ?? 0) ?? [],
  };
}

/** The viewer's own place in a room. */
const OWN = ['unread_count', 'mention_count', 'my_role'];
/** Whether somebody is here; blocks hide it from some. */
const PRESENCE = ['is_online', 'status', 'last_seen'];
/** What the viewer put on a message. */
const OWN_REACTIONS = ['my_reactions'];
/** What not every reader may know, by the name of the event. */
const hidden: Partial<Record<ReadName, readonly string[]>> = {
  message_sent: OWN_REACTIONS,
  message_updated: OWN_REACTIONS,
  message_deleted: OWN_REACTIONS,
  message_pinned: OWN_REACTIONS,
  message_unpinned: OWN_REACTIONS,
  room_created: OWN,
  room_updated: OWN,
  user_banned: ['reason'],
  user_created: [...PRESENCE, 'email', 'room_id'],
  user_updated: [...PRESENCE, 'email', 'room_id'],
};

function shownOf(name: ReadName, { actor_id, ...payload }: Shape): Shape {
  const fields = hidden[name];
  return fields ? Object.fromEntries(Object.entries(payload).filter(([field]) => !fields.includes(field))) : payload;
}

/** What some are shown in place of it: each side of a conversation the other, and e-mails their owners and admins. */
async function ofSome(
  ctx: Ctx,
  { type, container_id, user_id }: LoggedEvent & { type: ToldType },
  data: Shape,
  email: unknown,
  { admins }: Facts,
): Promise<ReadonlyMap<number, Shape> | undefined> {
  const { as } = readEvents[type];
  if (as === 'dm_created' || as === 'conversation_updated') return ofEachSide(ctx, container_id as number, data);
  if (!isOfAccount(type) || email === undefined) return undefined;
  const whole = { ...data, email };
  return new Map([user_id as number, ...admins].map((id) => [id, whole]));
}

/** Each side sees the other. */
async function ofEachSide(ctx: Ctx, conversationId: number, data: Shape): Promise<ReadonlyMap<number, Shape>> {
  const sides = await findSides.all(ctx.db, { container_id: conversationId });
  const shown = new Map<number, Shape>();
  for (const { user_id } of sides) {
    const found = await findConversation.first(ctx.db, { container_id: conversationId, user_id });
    if (found) shown.set(user_id, { ...data, ...presentConversation(found, ctx.deps, undefined) });
  }
  return shown;
}
