import type { ReadName } from '../../src/events.ts';
import type { Person } from '../harness/people.ts';
import type { Heard } from './heard.ts';
import { cardOf, fetchShown, pick, profileOf, withoutPresence } from './model_fetch.ts';
import {
  type Card,
  type Conversation,
  knownIn,
  type Member,
  type Message,
  memberFields,
  messageFields,
  type Place,
  type Profile,
  type Room,
  type Shown,
  type State,
  sharedRoomFields,
  shownOf,
  stateOf,
} from './model_state.ts';

/** A client as an SDK is one: it has read its state once, and from then on it goes by events. */
export interface Model {
  apply(event: Heard): Promise<void>;
  shown(): Shown;
}

interface Keeping {
  readonly state: State;
  /** What no event can tell: a place one comes into has a past, and a person one meets a profile. */
  readonly person: Pick<Person, 'id' | 'get'>;
}

type Handler = (client: Keeping, event: Heard) => Promise<void> | void;

const nothing: Handler = () => undefined;

/** A name without a handler is a fault of the types. */
const handlers: Readonly<Record<ReadName, Handler>> = {
  message_sent: takeMessage,
  direct_message_sent: takeMessage,
  message_updated: takeMessage,
  message_deleted: takeMessage,
  message_pinned: takePin,
  message_unpinned: takePin,
  reaction_added: takeReaction,
  reaction_removed: takeReaction,
  room_created: (client, { placeId }) => enter(client, placeId),
  room_updated: takeRoom,
  room_deleted: ({ state }, { placeId }) => void state.places.delete(placeId),
  user_joined: takeMember,
  member_role_changed: takeMember,
  member_muted: takeMember,
  member_unmuted: takeMember,
  user_left: dropMember,
  user_banned: dropMember,
  // Bans are read by moderators, with their reasons, which no other reader is told.
  user_unbanned: nothing,
  dm_created: (client, { placeId }) => enter(client, placeId),
  conversation_updated: takeConversation,
  // The list of a room's files is no part of the state.
  file_uploaded: nothing,
  file_deleted: dropFile,
  read_updated: takeMark,
  user_created: nothing,
  user_updated: takeProfile,
  webhook_disabled: nothing,
};

export function createModel(person: Keeping['person'], before: Shown): Model {
  const state = stateOf(person.id, structuredClone(before));
  return {
    apply: async (event) => handlers[event.type]({ state, person }, event),
    shown: () => shownOf(state),
  };
}

async function enter({ state, person }: Keeping, placeId: number): Promise<void> {
  const now = stateOf(person.id, await fetchShown(person));
  const place = now.places.get(placeId);
  // One may have left again meanwhile, of which an event to come tells.
  if (!place) return;
  state.places.set(placeId, place);
  for (const id of knownIn(place)) {
    const profile = now.profiles.get(id);
    if (profile) state.profiles.set(id, profile);
  }
}

async function meet({ state, person }: Keeping, userId: number): Promise<void> {
  if (!state.profiles.has(userId)) state.profiles.set(userId, profileOf(await person.get(`/users/${userId}`, 200)));
}

async function takeMessage(client: Keeping, { type, placeId, data }: Heard): Promise<void> {
  const { state } = client;
  const place = state.places.get(placeId);
  if (!place) return;
  const message = pick(messageFields, data) as unknown as Message;
  putMessage(place, message);
  putThread(place, data.root);
  if (type !== 'message_sent' && type !== 'direct_message_sent') return;
  await meet(client, message.author_id);
  touch(place, message.created_at);
  // Who writes has read what came before.
  if (message.author_id === state.me) place.mark = Math.max(place.mark, message.id);
}

/** An upsert: what is older than what is there changes nothing. */
function putMessage(place: Place, message: Message): void {
  const held = place.messages.get(message.id);
  if (held && held.version > message.version) return;
  const my_reactions = message.is_deleted ? [] : (held?.my_reactions ?? []);
  place.messages.set(message.id, { ...held, ...message, my_reactions });
  dropUnlisted(place, message.id);
}

/** A deleted message stays for as long as there are replies to it. */
function dropUnlisted({ messages }: Place, id: number): void {
  const message = messages.get(id);
  if (message?.is_deleted && message.thread_count === 0) messages.delete(id);
}

function putThread({ messages, ...rest }: Place, told: unknown): void {
  const root = told as { message_id: number; thread_count: number; version: number } | undefined;
  const held = root && messages.get(root.message_id);
  if (!root || !held || held.version > root.version) return;
  messages.set(held.id, { ...held, thread_count: root.thread_count, version: root.version });
  dropUnlisted({ messages, ...rest }, held.id);
}

function touch(place: Place, at: string): void {
  const { thing } = place;
  if (thing.kind === 'room') {
    const { last_activity } = thing.room;
    thing.room = { ...thing.room, last_activity: at > last_activity ? at : last_activity };
    return;
  }
  const { updated_at } = thing.conversation;
  thing.conversation = { ...thing.conversation, updated_at: at > updated_at ? at : updated_at };
}

/** Of pins a socket tells no more than that. */
function takePin({ state }: Keeping, { type, placeId, data }: Heard): void {
  const place = state.places.get(placeId);
  if (!place) return;
  const isWhole = data.id !== undefined;
  if (isWhole) return void putMessage(place, pick(messageFields, data) as unknown as Message);
  const held = place.messages.get(data.message_id as number);
  const version = data.version as number;
  if (held && held.version <= version)
    place.messages.set(held.id, { ...held, is_pinned: type === 'message_pinned', version });
}

function takeReaction({ state }: Keeping, { type, placeId, data }: Heard): void {
  const { messages } = state.places.get(placeId) ?? {};
  const held = messages?.get(data.message_id as number);
  if (!messages || !held || held.is_deleted) return;
  const emoji = data.emoji as string;
  const others = held.my_reactions.filter((one) => one !== emoji);
  const isMine = data.user_id === state.me;
  const mine = type === 'reaction_added' ? [...others, emoji].sort() : others;
  const own = { ...held, my_reactions: isMine ? mine : held.my_reactions };
  const version = data.version as number;
  const { [emoji]: _, ...rest } = held.reactions;
  const count = data.count as number;
  const reactions =
    count === 0 ? rest : { ...rest, [emoji]: { count, users: data.users as { user_id: number; username: string }[] } };
  messages.set(held.id, held.version > version ? own : { ...own, reactions, version });
}

function takeRoom({ state }: Keeping, { placeId, data }: Heard): void {
  const place = state.places.get(placeId);
  if (place?.thing.kind !== 'room' || data.is_deleted === true) return;
  const { room } = place.thing;
  if (room.version > (data.version as number)) return;
  place.thing.room = { ...room, ...pick(sharedRoomFields, data) } as Room;
}

function countMembers(place: Place, count: unknown): void {
  if (place.thing.kind === 'room') place.thing.room = { ...place.thing.room, member_count: count as number };
}

async function takeMember(client: Keeping, { type, placeId, data }: Heard): Promise<void> {
  const { state } = client;
  const userId = data.user_id as number;
  if (userId === state.me && type === 'user_joined') return enter(client, placeId);
  const place = state.places.get(placeId);
  if (!place) return;
  if (type === 'user_joined') countMembers(place, data.member_count);
  else if (!place.members.has(userId)) return;
  place.members.set(userId, pick(memberFields, data) as unknown as Member);
  await meet(client, userId);
}

function dropMember({ state }: Keeping, { placeId, data }: Heard): void {
  const place = state.places.get(placeId);
  if (!place) return;
  if (data.user_id === state.me) return void state.places.delete(placeId);
  place.members.delete(data.user_id as number);
  countMembers(place, data.member_count);
}

function takeConversation({ state }: Keeping, { placeId, data }: Heard): void {
  const place = state.places.get(placeId);
  if (place?.thing.kind !== 'conversation') return;
  const { conversation } = place.thing;
  const fresh = withoutPresence(pick(Object.keys(conversation), data) as unknown as Conversation);
  place.thing.conversation = { ...conversation, ...fresh };
}

function dropFile({ state }: Keeping, { placeId, data }: Heard): void {
  const { messages } = state.places.get(placeId) ?? {};
  const held = messages?.get(data.message_id as number);
  const version = data.version as number;
  if (!messages || !held || held.version > version) return;
  const attachments = held.attachments.filter(({ file_id }) => file_id !== data.file_id);
  messages.set(held.id, { ...held, attachments, version });
}

function takeMark({ state }: Keeping, { placeId, data }: Heard): void {
  const place = state.places.get(placeId);
  if (place) place.mark = (data.last_read_message_id as number | null) ?? 0;
}

/** A name stands in many places. */
function takeProfile({ state }: Keeping, { data }: Heard): void {
  const profile = { ...state.profiles.get(data.id as number), ...profileOf(data) } as Profile;
  if (state.profiles.has(profile.id)) state.profiles.set(profile.id, profile);
  for (const place of state.places.values()) rename(place, profile);
}

function rename({ thing, members, messages }: Place, profile: Card): void {
  const { id, username, display_name, avatar_url } = profile;
  const member = members.get(id);
  if (member) members.set(id, { ...member, username, display_name, avatar_url });
  if (thing.kind === 'conversation' && thing.conversation.other_user.id === id)
    thing.conversation = { ...thing.conversation, other_user: cardOf(profile) };
  for (const message of messages.values()) {
    const reactions = Object.entries(message.reactions).map(([emoji, { count, users }]) => [
      emoji,
      { count, users: users.map((user) => (user.user_id === id ? { user_id: id, username } : user)) },
    ]);
    messages.set(message.id, {
      ...message,
      reactions: Object.fromEntries(reactions),
      username: message.author_id === id ? username : message.username,
    });
  }
}
