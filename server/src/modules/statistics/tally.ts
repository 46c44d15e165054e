import type { Writer } from '../../db/database.ts';
import type { MessageOfContainer } from '../messages/store.ts';
import { HOURS_OF_A_WEEK, hourOf } from './hours.ts';
import {
  addAuthorMessages,
  addRoomJoins,
  addRoomMessages,
  addRoomReactions,
  addTallies,
  countRoomReactions,
  reactionHours,
  roomHoursSince,
  type Tally,
} from './tally_store.ts';

/** A number of the whole server is spread over so many rows: transactions of different rooms seldom wait for the same one. */
const STRIPES = 8;
/** The hour in which a tally counts for all time. */
export const ALWAYS = 0;

interface Sent {
  readonly containerId: number;
  readonly authorId: number;
  readonly visibility: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Counts a batch of messages in the transaction that writes them: a row an hour, an author and hour, and two of the server. */
export async function countSent(db: Writer, sent: readonly Sent[]): Promise<void> {
  const rooms = new Map<string, { container_id: number; hour: number; messages: number }>();
  const authors = new Map<string, { container_id: number; hour: number; author_id: number; messages: number }>();
  const hours = new Map<number, number>();
  for (const { containerId: container_id, authorId: author_id, visibility, at } of sent) {
    const hour = hourOf(at);
    hours.set(hour, (hours.get(hour) ?? 0) + 1);
    if (visibility === 'direct') continue;
    const key = `${container_id} ${hour}`;
    const room = rooms.get(key);
    if (room) room.messages++;
    else rooms.set(key, { container_id, hour, messages: 1 });
    const authorKey = `${key} ${author_id}`;
    const author = authors.get(authorKey);
    if (author) author.messages++;
    else authors.set(authorKey, { container_id, hour, author_id, messages: 1 });
  }
  await Promise.all([
    addRoomMessages.run(db, [...rooms.values()]),
    addAuthorMessages.run(db, [...authors.values()]),
    addTallies.run(db, talliesOf(sent[0]?.containerId ?? 0, hours)),
  ]);
}

/** Ascending, so that two transactions meet at the rows of a stripe in one order. */
function talliesOf(containerId: number, hours: ReadonlyMap<number, number>): Tally[] {
  const stripe = containerId % STRIPES;
  const all = [...hours.values()].reduce((sum, value) => sum + value, 0);
  const each = [...hours].sort(([a], [b]) => a - b);
  return [[ALWAYS, all] as const, ...each].map(([hour, value]) => ({ name: 'messages', hour, stripe, value }));
}

type Gone = Pick<
  MessageOfContainer,
  'id' | 'container_id' | 'author_id' | 'visibility' | 'created_at' | 'reaction_count'
>;

/** A message is about to be deleted: it and its reactions no longer count, in the hours in which they did. */
export async function uncountMessage(db: Writer, message: Gone): Promise<void> {
  const { id, container_id, author_id, visibility, created_at } = message;
  const hour = hourOf(created_at);
  if (message.reaction_count > 0) {
    const given = await reactionHours.all(db, { message_id: id });
    await countReactions(
      db,
      { id: container_id, visibility },
      given.map(({ hour, reactions }) => ({ hour, reactions: -reactions })),
    );
  }
  if (visibility !== 'direct') {
    await addRoomMessages.run(db, [{ container_id, hour, messages: -1 }]);
    await addAuthorMessages.run(db, [{ container_id, hour, author_id, messages: -1 }]);
  }
  await addTallies.run(db, talliesOf(container_id, new Map([[hour, -1]])));
}

/** Reactions given (or, negative, taken back), each in the hour in which it was given; hours are all different. */
export async function countReactions(
  db: Writer,
  container: { readonly id: number; readonly visibility: string },
  given: readonly { readonly hour: number; readonly reactions: number }[],
): Promise<void> {
  const rows = given.map((each) => ({ container_id: container.id, ...each }));
  if (container.visibility !== 'direct') await addRoomReactions.run(db, rows);
  const value = given.reduce((sum, { reactions }) => sum + reactions, 0);
  if (value !== 0)
    await addTallies.run(db, [{ name: 'reactions', hour: ALWAYS, stripe: container.id % STRIPES, value }]);
}

export function countJoin(db: Writer, roomId: number, at: number): Promise<void> {
  return addRoomJoins.run(db, [{ container_id: roomId, hour: hourOf(at), joins: 1 }]);
}

/** A room is about to be deleted: nothing in it counts for the server any more. Hours of which nothing is shown stay as they are. */
export async function uncountRoom(
  db: Writer,
  room: { readonly id: number; readonly message_count: number },
  now: number,
): Promise<void> {
  const stripe = room.id % STRIPES;
  const recent = await roomHoursSince.all(db, { container_id: room.id, since: hourOf(now) - HOURS_OF_A_WEEK });
  const hours = recent.filter(({ messages }) => messages !== 0);
  const reactions = (await countRoomReactions.first(db, { container_id: room.id }))?.reactions ?? 0;
  await addTallies.run(db, [
    { name: 'messages', hour: ALWAYS, stripe, value: -room.message_count },
    ...hours.map(({ hour, messages }): Tally => ({ name: 'messages', hour, stripe, value: -messages })),
    { name: 'reactions', hour: ALWAYS, stripe, value: -reactions },
  ]);
}
