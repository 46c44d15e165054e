import type { Person } from '../harness/people.ts';
import {
  byUser,
  type Card,
  type Conversation,
  type Member,
  type Message,
  memberFields,
  type Profile,
  profileFields,
  type Room,
  roomFields,
  type Shown,
} from './model_state.ts';

type Shape = Readonly<Record<string, unknown>>;

/** Those of the fields that are there. */
export function pick(fields: readonly string[], from: Shape): Shape {
  return Object.fromEntries(fields.flatMap((field) => (Object.hasOwn(from, field) ? [[field, from[field]]] : [])));
}
export const profileOf = (data: Shape): Profile => pick(profileFields, data) as unknown as Profile;

/** Everything the server shows somebody of what is his, by REST. */
export async function fetchShown(person: Pick<Person, 'id' | 'get'>): Promise<Shown> {
  const { rooms } = await person.get('/rooms?filter=joined&limit=100', 200);
  const { conversations } = await person.get('/conversations?limit=100', 200);
  const shown = {
    rooms: rooms.map((room: Shape) => pick(roomFields, room)) as Room[],
    conversations: conversations.map(withoutPresence) as Conversation[],
    members: {} as Record<number, Member[]>,
    messages: {} as Record<number, Message[]>,
    totals: {} as Record<number, number>,
    pinned: {} as Record<number, number[]>,
    threads: {} as Record<number, number[]>,
    unread: await fetchUnread(person),
  };
  for (const { id } of shown.rooms) {
    const { members } = await person.get(`/rooms/${id}/members?limit=100`, 200);
    shown.members[id] = members.map((member: Shape) => pick(memberFields, member) as unknown as Member).sort(byUser);
  }
  const paths = [
    ...shown.rooms.map(({ id }) => [id, `/rooms/${id}`] as const),
    ...shown.conversations.map(({ id }) => [id, `/conversations/${id}`] as const),
  ];
  for (const [id, path] of paths) {
    const list = `${path}/messages?include_threads=true&order=asc&limit=100`;
    const page = await person.get(list, 200);
    const pinned = await person.get(`${list}&pinned_only=true`, 200);
    shown.messages[id] = page.messages.map(withSortedReactions);
    shown.totals[id] = page.total_count;
    shown.pinned[id] = idsOf(pinned.messages);
    for (const message of page.messages as Message[]) {
      if (message.thread_count === 0 || message.is_deleted) continue;
      const thread = await person.get(`/messages/${message.id}/thread?limit=100`, 200);
      shown.threads[message.id] = idsOf(thread.messages).sort((a, b) => a - b);
    }
  }
  return { ...shown, profiles: await fetchProfiles(person, shown) };
}

const idsOf = (messages: readonly Message[]) => messages.map(({ id }) => id);
export const withSortedReactions = (message: Message): Message => ({
  ...message,
  my_reactions: [...message.my_reactions].sort(),
});

export function cardOf({ id, username, display_name, avatar_url }: Card): Card {
  return { id, username, display_name, avatar_url };
}

export const withoutPresence = <T extends { readonly other_user: Card }>(conversation: T): T => ({
  ...conversation,
  other_user: cardOf(conversation.other_user),
});

async function fetchUnread(person: Pick<Person, 'get'>): Promise<Shown['unread']> {
  const { rooms, conversations } = await person.get('/users/me/unread', 200);
  const all = [...rooms, ...conversations];
  return Object.fromEntries(all.map(({ room_id, conversation_id, ...unread }) => [room_id ?? conversation_id, unread]));
}

async function fetchProfiles(
  person: Pick<Person, 'id' | 'get'>,
  { members, messages, conversations }: Pick<Shown, 'members' | 'messages' | 'conversations'>,
): Promise<Profile[]> {
  const ids = new Set([
    person.id,
    ...Object.values(members).flatMap((list) => list.map(({ user_id }) => user_id)),
    ...Object.values(messages).flatMap((list) => list.map(({ author_id }) => author_id)),
    ...conversations.map(({ other_user }) => other_user.id),
  ]);
  const profiles: Profile[] = [];
  for (const id of [...ids].sort((a, b) => a - b)) profiles.push(profileOf(await person.get(`/users/${id}`, 200)));
  return profiles;
}
