import type { Actor, ServerRole } from './actor.ts';
import { AppError, conflict, type Details } from './errors.ts';

/**
 * THE permission table: who may do what. Pure functions of loaded facts; access.ts loads them and raises what is decided here.
 * docs/permissions.md is printed from it.
 */
export type RoomStanding = 'guest' | 'visitor' | 'member' | 'moderator' | 'owner' | 'server_moderator' | 'admin';

interface RoomRule {
  readonly who: readonly RoomStanding[];
  /** False: not while muted. */
  readonly whenMuted: boolean;
  /** False: not in an archived room. */
  readonly whenArchived: boolean;
}

const reading = ['visitor', 'member', 'moderator', 'owner', 'server_moderator', 'admin'] as const;
const moderating = ['moderator', 'owner', 'server_moderator', 'admin'] as const;
const room = (...who: RoomStanding[]): RoomRule => ({ who, whenMuted: true, whenArchived: true });
const words = (...who: RoomStanding[]): RoomRule => ({ who, whenMuted: false, whenArchived: false });

export const roomRules = {
  'room.read': room('guest', ...reading),
  'room.update': room('owner', 'server_moderator', 'admin'),
  'room.set_auto_join': room('admin'),
  'room.delete': room('owner', 'admin'),
  'room.join': room(...reading),
  'room.leave': room(...reading),
  'room.mark_read': room('member', 'moderator', 'owner'),
  'room.type': room('member', 'moderator', 'owner'),
  'member.list': room(...reading),
  'member.add': room(...moderating),
  'member.add_moderator': room('owner', 'admin'),
  'member.set_role': room('owner', 'admin'),
  'member.remove': room(...moderating),
  'ban.list': room(...moderating),
  'ban.set': room(...moderating),
  'mute.list': room(...moderating),
  'mute.set': room(...moderating),
  'room.audit': room(...moderating),
  'room.statistics': room('member', ...moderating),
  'webhook.manage': room('owner', 'admin'),
  'message.list': room('guest', ...reading),
  'message.send': words('member', 'moderator', 'owner'),
  'message.edit': words('member', 'moderator', 'owner', 'server_moderator', 'admin'),
  'message.delete_own': room(...reading),
  'message.delete': room(...moderating),
  'reaction.add': words('member', 'moderator', 'owner'),
  'reaction.remove': room(...reading),
  'message.pin': { who: moderating, whenMuted: true, whenArchived: false },
  'file.read': room('guest', ...reading),
  'file.upload': words('member', 'moderator', 'owner'),
  'file.delete_own': room(...reading),
  'file.delete': room(...moderating),
} as const satisfies Record<string, RoomRule>;

export const accountRules = {
  'session.manage': ['guest', 'user', 'bot', 'moderator', 'admin'],
  'user.read': ['guest', 'user', 'bot', 'moderator', 'admin'],
  'user.update_self': ['guest', 'user', 'bot', 'moderator', 'admin'],
  'event.read': ['guest', 'user', 'bot', 'moderator', 'admin'],
  'user.search': ['user', 'bot', 'moderator', 'admin'],
  'room.list': ['guest', 'user', 'bot', 'moderator', 'admin'],
  'room.list_all': ['admin'],
  'room.create': ['user', 'bot', 'moderator', 'admin'],
  'room.create_auto_join': ['admin'],
  'conversation.list': ['user', 'bot', 'moderator', 'admin'],
  'conversation.create': ['user', 'bot', 'moderator', 'admin'],
  'webhook.list': ['user', 'bot', 'moderator', 'admin'],
  'webhook.manage_for_server': ['admin'],
  'file.upload_own': ['user', 'bot', 'moderator', 'admin'],
  'admin.read': ['admin'],
  'admin.users': ['admin'],
  'admin.audit': ['admin'],
} as const satisfies Record<string, readonly ServerRole[]>;

interface ConversationRule {
  /** While the other side has blocked the caller. */
  readonly whenBlocked: boolean;
  /** While the caller has blocked the other side. */
  readonly whenBlocking: boolean;
  /** Somebody else's message or file. */
  readonly onOthers: boolean;
}
const either = (whenBlocked: boolean, whenBlocking: boolean, onOthers = false): ConversationRule => ({
  whenBlocked,
  whenBlocking,
  onOthers,
});

export const conversationRules = {
  'conversation.read': either(true, true, true),
  'conversation.block': either(true, true, true),
  'conversation.mark_read': either(true, true, true),
  'conversation.type': either(false, false, true),
  'message.list': either(true, true, true),
  'message.send': either(false, false, true),
  'message.edit': either(false, true),
  'message.delete_own': either(true, true),
  'message.delete': either(true, true),
  'reaction.add': either(false, false, true),
  'reaction.remove': either(true, true, true),
  'message.pin': either(false, true, true),
  'file.read': either(true, true, true),
  'file.upload': either(false, false, true),
  'file.delete': either(true, true),
} as const satisfies Record<string, ConversationRule>;

export type RoomAction = keyof typeof roomRules;
export type AccountAction = keyof typeof accountRules;
export type ConversationAction = keyof typeof conversationRules;
export type MessageAction = RoomAction & ConversationAction;
export type Action = RoomAction | AccountAction | ConversationAction;

/** member < room moderator < owner < server moderator < admin; 0 for nobody in particular. */
export type Rank = 0 | 1 | 2 | 3 | 4 | 5;

export interface RoomFacts {
  readonly visibility: 'public' | 'private';
  readonly isArchived: boolean;
  /** The caller's present membership. */
  readonly role: 'owner' | 'moderator' | 'member' | undefined;
  readonly isMuted: boolean;
  readonly isBanned: boolean;
}

/** How high someone stands in a room: one acts on another only from strictly above. */
export function rankOf(serverRole: ServerRole, role: RoomFacts['role'], visibility: RoomFacts['visibility']): Rank {
  if (serverRole === 'admin') return 5;
  if (serverRole === 'moderator' && visibility === 'public') return 4;
  return role === 'owner' ? 3 : role === 'moderator' ? 2 : role === 'member' ? 1 : 0;
}

function standingsOf(serverRole: ServerRole, facts: RoomFacts): RoomStanding[] {
  if (serverRole === 'guest') return ['guest'];
  const standings: RoomStanding[] = [facts.role ?? 'visitor'];
  if (serverRole === 'moderator' && facts.visibility === 'public') standings.push('server_moderator');
  if (serverRole === 'admin') standings.push('admin');
  return standings;
}

/** Whether the room exists for this person at all. */
export function canSeeRoom(serverRole: ServerRole, facts: RoomFacts): boolean {
  return facts.visibility === 'public' || facts.role !== undefined || serverRole === 'admin';
}

/** Why the actor may not do this in a room he can see; undefined when he may. */
export function refuseInRoom(actor: Actor, action: RoomAction, facts: RoomFacts): AppError | undefined {
  const rule: RoomRule = roomRules[action];
  const refusal = (required: string, more?: Details) => denied(required, placeOf(actor, facts.role), more);
  if (facts.isBanned && actor.role !== 'admin') return refusal('not_banned', { reason: 'banned' });
  const standings = standingsOf(actor.role, facts);
  if (!standings.some((standing) => rule.who.includes(standing))) return refusal(lowestOf(rule.who));
  if (facts.isMuted && !rule.whenMuted) return refusal('not_muted', { reason: 'muted' });
  if (facts.isArchived && !rule.whenArchived) return refusal('not_archived', { reason: 'archived' });
  return undefined;
}

/** Everything the actor may do in a room he can see, as far as his standing decides. */
export function actionsInRoom(actor: Actor, facts: RoomFacts): RoomAction[] {
  const actions = Object.keys(roomRules) as RoomAction[];
  return actions.filter((action) => refuseInRoom(actor, action, facts) === undefined);
}

/** The refusal of someone who does not stand above the person he acts on. */
export function refuseByRank(actor: Actor, role: RoomFacts['role']): AppError {
  return denied('higher_rank', placeOf(actor, role));
}

export interface Target {
  readonly id: number;
  readonly role: RoomFacts['role'];
  readonly rank: Rank;
}

/**
 * Why the actor, of this role and rank in the room, may not remove, ban or mute a person. To nobody this is done while he owns the room:
 * it is handed over first, which only its owner and an admin can do.
 */
export function refuseRemoval(actor: Actor, role: RoomFacts['role'], rank: Rank, target: Target): AppError | undefined {
  if (target.role !== 'owner') return rank > target.rank ? undefined : refuseByRank(actor, role);
  if (actor.role === 'admin' || actor.userId === target.id)
    return conflict('owner_must_transfer', { user_id: target.id });
  return denied('owner', placeOf(actor, role), { reason: 'owner_must_transfer' });
}

/** Nobody edits another's words. */
export function refuseOthersWords(actor: Actor, role: RoomFacts['role']): AppError {
  return denied('author', placeOf(actor, role));
}

export function refuseForAccount(actor: Actor, action: AccountAction): AppError | undefined {
  const allowed: readonly ServerRole[] = accountRules[action];
  if (allowed.includes(actor.role)) return undefined;
  return denied(allowed[0] ?? 'admin', actor.role);
}

export interface ConversationFacts {
  readonly blockedByMe: boolean;
  readonly blockedByOther: boolean;
}

export function refuseInConversation(
  action: ConversationAction,
  facts: ConversationFacts,
  ownsMessage = true,
): AppError | undefined {
  const rule: ConversationRule = conversationRules[action];
  if (!ownsMessage && !rule.onOthers) return denied('author', 'participant');
  const blocked = (facts.blockedByOther && !rule.whenBlocked) || (facts.blockedByMe && !rule.whenBlocking);
  return blocked ? new AppError('USER_BLOCKED', { required: 'not_blocked', your_role: 'participant' }) : undefined;
}

function lowestOf(who: readonly RoomStanding[]): string {
  const [lowest = 'admin'] = who;
  return lowest === 'visitor' ? 'user' : lowest;
}

/** What a refusal in a room calls the caller. A guest only reads, whatever room he was put into. */
function placeOf({ role: serverRole }: Actor, role: RoomFacts['role']): string {
  if (serverRole === 'guest') return 'guest';
  if (role !== undefined) return role;
  return { user: 'none', bot: 'none', moderator: 'server_moderator', admin: 'admin' }[serverRole];
}

function denied(required: string, yourRole: string, more: Details = {}): AppError {
  return new AppError('PERMISSION_DENIED', { required, your_role: yourRole, ...more });
}
