import type { Static } from 'typebox';
import { Member as MemberSchema } from '../../src/modules/members/schema.ts';
import { Message as MessageSchema } from '../../src/modules/messages/schema.ts';
import { Room as RoomSchema } from '../../src/modules/rooms/schema.ts';
import { User as UserSchema } from '../../src/modules/users/schema.ts';

/**
 * Of people the law leaves out what is in no log: whether they are here and when they last were. Of rooms, what the caller may do there
 * (`can`), which only the single read shows. Of the read mark it leaves nothing out.
 */
const PRESENCE = ['is_online', 'status', 'last_seen'] as const;
const fieldsOf = (properties: object, ...without: readonly string[]) =>
  Object.keys(properties).filter((field) => !without.includes(field));

export const messageFields = fieldsOf(MessageSchema.properties, 'my_reactions');
export const memberFields = fieldsOf(MemberSchema.properties, ...PRESENCE);
export const profileFields = fieldsOf(UserSchema.properties, ...PRESENCE);
export const roomFields = fieldsOf(RoomSchema.properties, 'can');
/** The viewer's own. */
const OWN = ['unread_count', 'mention_count', 'my_role'] as const;
export const sharedRoomFields = fieldsOf(RoomSchema.properties, 'can', ...OWN);

export type Message = Static<typeof MessageSchema>;
export type Member = Omit<Static<typeof MemberSchema>, (typeof PRESENCE)[number]>;
export type Profile = Omit<Static<typeof UserSchema>, (typeof PRESENCE)[number]>;
export type Room = Omit<Static<typeof RoomSchema>, 'can'>;
export type Card = Pick<Profile, 'id' | 'username' | 'display_name' | 'avatar_url'>;
export interface Conversation {
  readonly id: number;
  readonly uuid: string;
  readonly other_user: Card;
  readonly last_message: Pick<Message, 'id' | 'content' | 'author_id' | 'created_at'> | null;
  readonly unread_count: number;
  readonly mention_count: number;
  readonly is_blocked: boolean;
  readonly blocked_by_me: boolean;
  readonly created_at: string;
  readonly updated_at: string;
}
interface Unread {
  readonly unread_count: number;
  readonly mention_count: number;
  readonly last_read_message_id: number | null;
}

/** What the server shows somebody of all that is his, by its lists. */
export interface Shown {
  readonly profiles: readonly Profile[];
  readonly rooms: readonly Room[];
  readonly conversations: readonly Conversation[];
  /** By room. */
  readonly members: Readonly<Record<number, readonly Member[]>>;
  /** By place, replies and tombstones among them. */
  readonly messages: Readonly<Record<number, readonly Message[]>>;
  readonly totals: Readonly<Record<number, number>>;
  readonly pinned: Readonly<Record<number, readonly number[]>>;
  /** By root; under a tombstone there is none to read by itself. */
  readonly threads: Readonly<Record<number, readonly number[]>>;
  /** Of places with something unread. */
  readonly unread: Readonly<Record<number, Unread>>;
}

/** A room or conversation as a client keeps it. */
export interface Place {
  thing: { readonly kind: 'room'; room: Room } | { readonly kind: 'conversation'; conversation: Conversation };
  readonly members: Map<number, Member>;
  readonly messages: Map<number, Message>;
  /** The last message that was read; ids grow within a place. */
  mark: number;
}

export interface State {
  readonly me: number;
  readonly profiles: Map<number, Profile>;
  readonly places: Map<number, Place>;
}

export function stateOf(me: number, shown: Shown): State {
  const places = new Map<number, Place>();
  const put = (id: number, thing: Place['thing']) => {
    const messages = shown.messages[id] ?? [];
    const newest = messages.at(-1)?.id ?? 0;
    const unread = shown.unread[id];
    places.set(id, {
      thing,
      members: new Map((shown.members[id] ?? []).map((member) => [member.user_id, member])),
      messages: new Map(messages.map((message) => [message.id, message])),
      // Where nothing is unread, everything is read.
      mark: unread ? (unread.last_read_message_id ?? 0) : newest,
    });
  };
  for (const room of shown.rooms) put(room.id, { kind: 'room', room });
  for (const conversation of shown.conversations) put(conversation.id, { kind: 'conversation', conversation });
  return { me, profiles: new Map(shown.profiles.map((profile) => [profile.id, profile])), places };
}

/** What a client would show, of what it keeps alone. */
export function shownOf(state: State): Shown {
  const places = [...state.places];
  const ofAll = <T>(show: (place: Place) => T) => Object.fromEntries(places.map(([id, place]) => [id, show(place)]));
  const rooms = places.flatMap(([, place]) =>
    place.thing.kind === 'room' ? [shownRoom(state, place, place.thing)] : [],
  );
  const conversations = places.flatMap(([, place]) =>
    place.thing.kind === 'conversation' ? [shownConversation(state, place, place.thing)] : [],
  );
  const known = new Set(places.flatMap(([, place]) => knownIn(place)).concat(state.me));
  const all = places.flatMap(([, { messages }]) => [...messages.values()]);
  return {
    profiles: [...state.profiles.values()].filter(({ id }) => known.has(id)).sort((a, b) => a.id - b.id),
    rooms: rooms.sort((a, b) => newestFirst([a.last_activity, a.id], [b.last_activity, b.id])),
    conversations: conversations.sort((a, b) => newestFirst([a.updated_at, a.id], [b.updated_at, b.id])),
    members: Object.fromEntries(
      rooms.map(({ id }) => [id, [...(state.places.get(id)?.members.values() ?? [])].sort(byUser)]),
    ),
    messages: ofAll(listed),
    totals: ofAll((place) => listed(place).filter(isLiving).length),
    pinned: ofAll((place) => listed(place).flatMap(({ id, is_pinned }) => (is_pinned ? [id] : []))),
    threads: Object.fromEntries(
      all
        .filter((message) => message.thread_count > 0 && isLiving(message))
        .map(({ id }) => [
          id,
          all
            .filter((one) => one.parent_message_id === id)
            .map((one) => one.id)
            .sort(ascending),
        ]),
    ),
    unread: Object.fromEntries(
      places
        .map(([id, place]) => [id, unreadIn(state, place)] as const)
        .filter(([, { unread_count, mention_count }]) => unread_count + mention_count > 0),
    ),
  };
}

export const byUser = (a: Member, b: Member): number => a.user_id - b.user_id;
const ascending = (a: number, b: number) => a - b;
const isLiving = ({ is_deleted }: Message) => !is_deleted;
const listed = ({ messages }: Place) => [...messages.values()].sort((a, b) => a.id - b.id);
const newestFirst = (a: readonly [string, number], b: readonly [string, number]) =>
  a[0] === b[0] ? b[1] - a[1] : a[0] < b[0] ? 1 : -1;

export function knownIn({ thing, members, messages }: Place): number[] {
  const other = thing.kind === 'conversation' ? [thing.conversation.other_user.id] : [];
  return [...members.keys(), ...[...messages.values()].map(({ author_id }) => author_id), ...other];
}

/** What lies after the mark and lives, but for one's own. */
function unreadIn({ me }: State, { messages, mark }: Place): Unread {
  const unread = [...messages.values()].filter(
    (message) => message.id > mark && message.author_id !== me && isLiving(message),
  );
  return {
    unread_count: unread.length,
    mention_count: unread.filter(({ mentions }) => mentions.includes(me)).length,
    last_read_message_id: mark === 0 ? null : mark,
  };
}

function shownRoom(state: State, place: Place, { room }: { readonly room: Room }): Room {
  const { unread_count, mention_count } = unreadIn(state, place);
  return { ...room, unread_count, mention_count, my_role: place.members.get(state.me)?.role ?? null };
}

function shownConversation(
  state: State,
  place: Place,
  { conversation }: { readonly conversation: Conversation },
): Conversation {
  const { unread_count, mention_count } = unreadIn(state, place);
  const last = listed(place).filter(isLiving).at(-1);
  return {
    ...conversation,
    last_message: last
      ? { id: last.id, content: last.content, author_id: last.author_id, created_at: last.created_at }
      : null,
    unread_count,
    mention_count,
  };
}
