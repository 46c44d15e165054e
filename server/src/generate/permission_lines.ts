import type { Actor, ServerRole } from '../actor.ts';
import type { AppError } from '../errors.ts';
import type { Route } from '../http/route.ts';
import {
  type AccountAction,
  accountRules,
  type ConversationAction,
  canSeeRoom,
  conversationRules,
  type RoomAction,
  type RoomFacts,
  rankOf,
  refuseByRank,
  refuseForAccount,
  refuseInConversation,
  refuseInRoom,
  refuseOthersWords,
  refuseRemoval,
  roomRules,
} from '../policy.ts';

/** One way to ask for a route; a cell is the status of the refusal, undefined where there is none. */
export interface Line {
  readonly what: string;
  readonly cells: readonly (string | undefined)[];
}

const actorOf = (role: ServerRole, userId = 1): Actor => ({ userId, username: '', role, sessionId: '' });

interface Place {
  readonly actor: Actor;
  readonly facts: RoomFacts;
}

const place = (serverRole: ServerRole, facts: Partial<RoomFacts>): Place => ({
  actor: actorOf(serverRole),
  facts: { visibility: 'public', isArchived: false, role: undefined, isMuted: false, isBanned: false, ...facts },
});

const places: Readonly<Record<string, Place | undefined>> = {
  AN: undefined,
  GU: place('guest', {}),
  NP: place('user', {}),
  NX: place('user', { visibility: 'private' }),
  BP: place('user', { isBanned: true }),
  BX: place('user', { isBanned: true, visibility: 'private' }),
  MB: place('user', { role: 'member' }),
  MU: place('user', { role: 'member', isMuted: true }),
  RM: place('user', { role: 'moderator' }),
  OW: place('user', { role: 'owner' }),
  SP: place('moderator', {}),
  SX: place('moderator', { visibility: 'private' }),
  AD: place('admin', { visibility: 'private' }),
};

/** Decides once the room is known to be there for the person: a status, or nothing. */
type Judge = (place: Place) => AppError | string | undefined;

const rule =
  (action: RoomAction): Judge =>
  ({ actor, facts }) =>
    refuseInRoom(actor, action, facts);
const rankIn = ({ actor, facts }: Place) => rankOf(actor.role, facts.role, facts.visibility);

const above =
  (action: RoomAction, role: 'member' | 'moderator' | 'owner'): Judge =>
  (place) => {
    const { actor, facts } = place;
    const isOwn = role === 'owner' && facts.role === 'owner';
    const isAbove = rankIn(place) > rankOf('user', role, facts.visibility);
    return rule(action)(place) ?? (isOwn || isAbove ? undefined : refuseByRank(actor, facts.role));
  };

/** What is there for those who may do it, and for nobody else. */
const hidden =
  (judge: Judge): Judge =>
  (place) =>
    judge(place) && '404';

const removing = (action: RoomAction, role: 'member' | 'moderator' | 'owner'): Judge => {
  return (place) => {
    const { actor, facts } = place;
    const id = role === 'owner' && facts.role === 'owner' ? actor.userId : 2;
    const target = { id, role, rank: rankOf('user', role, facts.visibility) };
    return rule(action)(place) ?? refuseRemoval(actor, facts.role, rankIn(place), target);
  };
};
const removals = (action: RoomAction): Record<string, Judge> => ({
  'a member': removing(action, 'member'),
  'a moderator': removing(action, 'moderator'),
  'the owner': removing(action, 'owner'),
});

const entering: Judge = (place) => rule('room.join')(place) ?? (place.facts.role === undefined ? undefined : '409');
const joining: Judge = (place) => rule('room.join')(place) ?? (place.facts.role === undefined ? undefined : '200');
const leaving: Judge = (place) => {
  const { role } = place.facts;
  return rule('room.leave')(place) ?? (role === undefined ? '404' : role === 'owner' ? '409' : undefined);
};
const placing: Readonly<Record<string, 'file.upload'>> = { 'POST /files/upload': 'file.upload' };
const hangs = (path: string) => path.includes('{message_id}') || path.includes('{file_id}');
const othersWords: Judge = (place) => rule('message.list')(place) ?? refuseOthersWords(place.actor, place.facts.role);

/** Only who was a member at some time has put something on a message. */
const takingBack: Judge = ({ actor, facts }) =>
  rule('reaction.remove')({ actor, facts }) ?? (facts.role === undefined && actor.role !== 'user' ? '404' : undefined);

/** Routes that are asked for in several ways. */
const ways: Readonly<Record<string, Record<string, Judge>>> = {
  'PUT /rooms/{room_id}': { '-': rule('room.update'), 'automatic joins': rule('room.set_auto_join') },
  'POST /rooms/{room_id}/join': { '-': joining },
  'POST /rooms/{room_id}/leave': { '-': leaving },
  'POST /rooms/{room_id}/members': {
    self: entering,
    other: rule('member.add'),
    'other as moderator': rule('member.add_moderator'),
  },
  'PUT /rooms/{room_id}/members/{user_id}': {
    'member to moderator': rule('member.set_role'),
    'moderator to member': rule('member.set_role'),
    'member to owner': rule('member.set_role'),
  },
  'DELETE /rooms/{room_id}/members/{user_id}': { self: leaving, ...removals('member.remove') },
  'PUT /rooms/{room_id}/bans/{user_id}': removals('ban.set'),
  'PUT /rooms/{room_id}/mutes/{user_id}': removals('mute.set'),
  'DELETE /rooms/{room_id}/bans/{user_id}': { 'somebody banned': rule('ban.set') },
  'DELETE /rooms/{room_id}/mutes/{user_id}': {
    'a muted member': removing('mute.set', 'member'),
    'a muted moderator': removing('mute.set', 'moderator'),
  },
  'POST /webhooks': { 'of a room': rule('webhook.manage') },
  'PUT /messages/{message_id}': { 'my message': rule('message.edit'), "a member's message": othersWords },
  'DELETE /messages/{message_id}/reactions/{emoji}': { 'my reaction': takingBack },
  'POST /files/upload': { 'into the room': rule('file.upload') },
  'DELETE /files/{file_id}': {
    'my file': rule('file.delete_own'),
    "a member's file": above('file.delete', 'member'),
    "a moderator's file": above('file.delete', 'moderator'),
    "the owner's file": above('file.delete', 'owner'),
  },
  'DELETE /messages/{message_id}': {
    'my message': rule('message.delete_own'),
    "a member's message": above('message.delete', 'member'),
    "a moderator's message": above('message.delete', 'moderator'),
    "the owner's message": above('message.delete', 'owner'),
  },
};

const isIn = <A extends string>(rules: Readonly<Record<A, unknown>>, action: string): action is A => action in rules;
const nameOf = ({ method, path }: Route) => `${method} ${path.replace('/api/v1', '')}`;

export function roomLines(route: Route): { columns: readonly string[]; lines: Line[] } {
  const columns = Object.keys(places);
  const { path } = route;
  const action: string = placing[nameOf(route)] ?? route.action ?? '';
  const isHere = /\{(room|message|webhook|file)_id\}|\/webhooks$/.test(path) || nameOf(route) in placing;
  if (!isIn(roomRules, action) || !isHere) return { columns, lines: [] };
  const usual = hangs(path) ? `a member's ${path.includes('{file_id}') ? 'file' : 'message'}` : '-';
  const judges = path.includes('{webhook_id}')
    ? { "a room's webhook": hidden(rule(action)) }
    : (ways[nameOf(route)] ?? { [usual]: rule(action) });
  const lines = Object.entries(judges).map(([what, judge]) => ({
    what,
    cells: Object.values(places).map((place) => (place === undefined ? '401' : statusIn(place, judge))),
  }));
  return { columns, lines };
}

function statusIn(place: Place, judge: Judge): string | undefined {
  return canSeeRoom(place.actor.role, place.facts) ? statusOf(judge(place)) : '404';
}

const statusOf = (refusal: AppError | string | undefined) =>
  refusal === undefined || typeof refusal === 'string' ? refusal : `${refusal.status}`;

const sides = {
  P1: { blockedByMe: false, blockedByOther: false },
  PB: { blockedByMe: false, blockedByOther: true },
  PK: { blockedByMe: true, blockedByOther: false },
};

export function conversationLines(route: Route): { columns: readonly string[]; lines: Line[] } {
  const { path } = route;
  const action: string = placing[nameOf(route)] ?? route.action ?? '';
  const outside = { AN: '401', GU: '404', TH: '404', AD: '404' };
  const columns = [...Object.keys(outside), ...Object.keys(sides)];
  const thing = path.includes('{file_id}') ? 'file' : 'message';
  const isPlacing = nameOf(route) in placing;
  const isHere = isIn(conversationRules, action) && (path.includes('{conversation_id}') || hangs(path) || isPlacing);
  if (!isHere) return { columns, lines: [] };
  const line = (what: string, action: ConversationAction, isOwn: boolean): Line => {
    const inside = Object.values(sides).map((facts) => statusOf(refuseInConversation(action, facts, isOwn)));
    return { what, cells: [...Object.values(outside), ...inside] };
  };
  const dependsOnAuthor = action === 'message.edit' || action.endsWith('.delete');
  if (isPlacing) return { columns, lines: [line('into the conversation', action, true)] };
  if (!hangs(path)) return { columns, lines: [line('-', action, true)] };
  const others = line(`the other's ${thing}`, action, false);
  return { columns, lines: dependsOnAuthor ? [line(`my ${thing}`, action, true), others] : [others] };
}

/** What of an account's routes takes more than the route's own action. */
const more: Readonly<Record<string, Record<string, readonly AccountAction[]>>> = {
  'GET /rooms': { '?filter=all': ['room.list_all'] },
  'POST /rooms': { 'automatic joins': ['room.create', 'room.create_auto_join'] },
  'POST /webhooks': { 'of the server': ['webhook.manage_for_server'] },
};
const webhookOfServer: Line = { what: "the server's webhook", cells: ['401', '404', '404', '404', undefined, '401'] };

export function accountLines(route: Route): { columns: readonly string[]; lines: Line[] } {
  const roles = { GU: 'guest', US: 'user', SM: 'moderator', AD: 'admin' } as const;
  const columns = ['AN', ...Object.keys(roles), 'SU'];
  const action: string = route.action ?? '';
  const line = (what: string, actions: readonly AccountAction[]): Line => {
    const verdicts = Object.values(roles).map((role) => {
      const refusals = actions.map((one) => refuseForAccount(actorOf(role), one));
      return statusOf(refusals.find((refusal) => refusal !== undefined));
    });
    return { what, cells: ['401', ...verdicts, '401'] };
  };
  if (route.path.includes('{webhook_id}')) return { columns, lines: [webhookOfServer] };
  const others = Object.entries(more[nameOf(route)] ?? {}).map(([what, actions]) => line(what, actions));
  return { columns, lines: [...(isIn(accountRules, action) ? [line('-', [action])] : []), ...others] };
}
