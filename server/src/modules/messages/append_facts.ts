import type { Writer } from '../../db/database.ts';
import { type ConversationForUser, findConversations } from '../conversations/store.ts';
import { type AttachableFile, findAttachable } from '../files/store.ts';
import { findRooms, type RoomForUser } from '../rooms/store.ts';
import type { SendInput } from './append_input.ts';
import { findMessagesThere, findReplied, findSent, type MessageOfContainer } from './store.ts';

/** The message a reply names. */
export type Replied = NonNullable<Awaited<ReturnType<typeof findReplied.firstOfEach>>[number]>;

/** What a batch is judged by, each list in the order of the inputs. */
export interface Facts {
  rooms: (RoomForUser | undefined)[];
  conversations: (ConversationForUser | undefined)[];
  parents: Map<number, Replied>;
  files: Map<number, AttachableFile>;
  sent: Map<number, { payloadHash: string | null; message: MessageOfContainer | undefined }>;
}

export async function loadFacts(db: Writer, inputs: readonly SendInput[]): Promise<Facts> {
  const keyOf = ({ containerId, actor }: SendInput) => ({ container_id: containerId, user_id: actor.userId });
  const [rooms, conversations, parents, files, sent] = await Promise.all([
    scattered(
      inputs,
      ({ kind }) => kind === 'room',
      (some) => findRooms.firstOfEach(db, some.map(keyOf)),
    ),
    scattered(
      inputs,
      ({ kind }) => kind === 'conversation',
      (some) => findConversations.firstOfEach(db, some.map(keyOf)),
    ),
    loadParents(db, inputs),
    loadFiles(db, inputs),
    loadSent(db, inputs),
  ]);
  return { rooms, conversations, parents, files, sent };
}

async function loadParents(db: Writer, inputs: readonly SendInput[]): Promise<Facts['parents']> {
  const replies = inputs.flatMap(({ replyToId, containerId }) =>
    replyToId === null ? [] : [{ id: replyToId, container_id: containerId }],
  );
  const found = await findReplied.firstOfEach(db, replies);
  return new Map(found.flatMap((parent) => (parent ? [[parent.id, parent]] : [])));
}

/** None of the inputs names a file for most of the time. */
async function loadFiles(db: Writer, inputs: readonly SendInput[]): Promise<Facts['files']> {
  const ids = inputs.flatMap(({ fileIds }) => fileIds);
  const found = await findAttachable.all(db, [...new Set(ids)]);
  return new Map(found.map((file) => [file.id, file]));
}

/** Loads facts for some of the inputs and puts them where those inputs stand. */
async function scattered<O>(
  inputs: readonly SendInput[],
  wanted: (input: SendInput) => boolean,
  load: (some: SendInput[]) => Promise<O[]>,
) {
  const result = new Array<O | undefined>(inputs.length).fill(undefined);
  const some = inputs.filter(wanted);
  const loaded = await load(some);
  let next = 0;
  for (const [index, input] of inputs.entries()) if (wanted(input)) result[index] = loaded[next++];
  return result;
}

async function loadSent(db: Writer, inputs: readonly SendInput[]): Promise<Facts['sent']> {
  const sent: Facts['sent'] = new Map();
  const keyed = [...inputs.entries()].filter(([, input]) => input.clientId !== null);
  if (keyed.length === 0) return sent;
  const found = await findSent.firstOfEach(
    db,
    keyed.map(([, input]) => ({
      author_id: input.actor.userId,
      container_id: input.containerId,
      client_id: input.clientId as string,
    })),
  );
  const keys = found.flatMap((row) => (row ? [{ id: row.id, container_id: row.container_id }] : []));
  const messages = new Map((await findMessagesThere.firstOfEach(db, keys)).map((message) => [message?.id, message]));
  for (const [place, [index]] of keyed.entries()) {
    const row = found[place];
    if (row) sent.set(index, { payloadHash: row.payload_hash, message: messages.get(row.id) });
  }
  return sent;
}
