import { judgeConversation, judgeRoom } from '../../access.ts';
import type { Actor } from '../../context.ts';
import type { Writer } from '../../db/database.ts';
import { AppError, conflict, type ErrorCode, unprocessable } from '../../errors.ts';
import { containerStream, type NewEvent } from '../../events.ts';
import { appendEvents } from '../../log/append.ts';
import { type ConversationForUser, findConversations } from '../conversations/store.ts';
import { findRooms, type RoomForUser } from '../rooms/store.ts';
import { type Mentioning, mentionsOf } from './append_mentions.ts';
import { insertMentions, insertMessages } from './append_store.ts';
import { createTally, type Draft, type Place } from './append_tally.ts';
import { findMessages, findReplied, findSent, type MessageOfContainer } from './store.ts';

export interface SendInput {
  readonly actor: Actor;
  readonly address: string;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly kind: 'room' | 'conversation';
  readonly containerId: number;
  readonly uuid: string;
  readonly content: string;
  readonly replyToId: number | null;
  /** JSON text. */
  readonly metadata: string;
  readonly clientId: string | null;
  readonly payloadHash: string | null;
}

export type SendVerdict =
  | { readonly message: MessageOfContainer; readonly replayed: boolean }
  | { readonly refusal: AppError };

type Replied = NonNullable<Awaited<ReturnType<typeof findReplied.firstOfEach>>[number]>;

/**
 * THE way to write a message, on both engines: many inputs, one verdict each, a handful of statements for all of them.
 * Inputs of one container are numbered in their order.
 */
export async function appendMessages(db: Writer, inputs: readonly SendInput[]): Promise<SendVerdict[]> {
  await db.lock([...new Set(inputs.map(({ containerId }) => containerStream(containerId)))]);
  const facts = await loadFacts(db, inputs);
  const verdicts = new Array<SendVerdict | undefined>(inputs.length);
  const tally = createTally();
  const drafts: Draft[] = [];
  const firstUse = new Map<string, number>();
  const repeats: { index: number; of: number }[] = [];

  for (const [index, input] of inputs.entries()) {
    const judged = judge(input, index, facts);
    const key = input.clientId === null ? undefined : `${input.actor.userId} ${input.containerId} ${input.clientId}`;
    const earlier = key === undefined ? undefined : firstUse.get(key);
    if (judged.verdict) verdicts[index] = judged.verdict;
    else if (earlier !== undefined) repeats.push({ index, of: earlier });
    else {
      const slow = slowModeRefusal(input, facts.rooms[index], tally.lastSentAt(input));
      if (slow) verdicts[index] = { refusal: slow };
      else {
        if (key !== undefined) firstUse.set(key, index);
        drafts.push(tally.draft(input, index, judged));
      }
    }
  }

  const mentions = await mentionsOf(db, drafts.map(asMentioning));
  for (const [place, draft] of drafts.entries()) draft.mentions = mentions[place] as number[];
  await store(db, drafts, tally, verdicts);
  for (const { index, of } of repeats)
    verdicts[index] = repeated(inputs[index] as SendInput, inputs[of] as SendInput, verdicts[of] as SendVerdict);
  return verdicts as SendVerdict[];
}

interface Facts {
  rooms: (RoomForUser | undefined)[];
  conversations: (ConversationForUser | undefined)[];
  parents: Map<number, Replied>;
  sent: Map<number, { payloadHash: string | null; message: MessageOfContainer | undefined }>;
}

async function loadFacts(db: Writer, inputs: readonly SendInput[]): Promise<Facts> {
  const keyOf = ({ containerId, actor }: SendInput) => ({ container_id: containerId, user_id: actor.userId });
  const rooms = await scattered(
    inputs,
    ({ kind }) => kind === 'room',
    (some) => findRooms.firstOfEach(db, some.map(keyOf)),
  );
  const conversations = await scattered(
    inputs,
    ({ kind }) => kind === 'conversation',
    (some) => findConversations.firstOfEach(db, some.map(keyOf)),
  );
  const replies = inputs.flatMap(({ replyToId }) => (replyToId === null ? [] : [{ id: replyToId }]));
  const parents = new Map<number, Replied>();
  for (const found of await findReplied.firstOfEach(db, replies)) if (found) parents.set(found.id, found);
  return { rooms, conversations, parents, sent: await loadSent(db, inputs) };
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
  const ids = found.flatMap((row) => (row ? [{ id: row.id }] : []));
  const messages = new Map((await findMessages.firstOfEach(db, ids)).map((message) => [message?.id, message]));
  for (const [place, [index]] of keyed.entries()) {
    const row = found[place];
    if (row) sent.set(index, { payloadHash: row.payload_hash, message: messages.get(row.id) });
  }
  return sent;
}

type Judged = { verdict: SendVerdict } | ({ verdict?: undefined } & Place);

function judge(input: SendInput, index: number, facts: Facts): Judged {
  const room = facts.rooms[index];
  const conversation = facts.conversations[index];
  const refusal =
    input.kind === 'room'
      ? judgeRoom(input, 'message.send', room)
      : judgeConversation(input, 'message.send', conversation);
  if (refusal) return { verdict: { refusal } };
  const sent = facts.sent.get(index);
  if (sent) return { verdict: replay(input.payloadHash, sent.payloadHash, sent.message) };
  const parent = input.replyToId === null ? undefined : facts.parents.get(input.replyToId);
  const impossible = parentRefusal(input, parent);
  if (impossible) return { verdict: { refusal: impossible } };
  const container = (room ?? conversation) as RoomForUser | ConversationForUser;
  return {
    lastSeq: container.last_seq,
    lastActivity: container.last_activity,
    parent,
    visibility: room?.visibility ?? 'direct',
  };
}

function parentRefusal(input: SendInput, parent: Replied | undefined): AppError | undefined {
  if (input.replyToId === null) return undefined;
  if (!parent || parent.container_id !== input.containerId)
    return unprocessable('parent_not_here', { field: 'parent_message_id' });
  return parent.content === null ? unprocessable('parent_deleted', { field: 'parent_message_id' }) : undefined;
}

function slowModeRefusal(
  input: SendInput,
  room: RoomForUser | undefined,
  sentInBatch: number | undefined,
): AppError | undefined {
  if (!room || room.slow_mode_seconds === 0 || room.role !== 'member') return undefined;
  const waitMs = (sentInBatch ?? room.last_sent_at ?? 0) + room.slow_mode_seconds * 1_000 - input.now;
  if (waitMs <= 0) return undefined;
  const retryAfter = Math.ceil(waitMs / 1_000);
  return new AppError(
    'RATE_LIMIT_EXCEEDED' satisfies ErrorCode,
    { scope: 'slow_mode', limit: 1, window: room.slow_mode_seconds, retry_after: retryAfter },
    retryAfter,
  );
}

function replay(
  payloadHash: string | null,
  firstHash: string | null,
  message: MessageOfContainer | undefined,
): SendVerdict {
  if (payloadHash !== firstHash) return { refusal: new AppError('IDEMPOTENCY_MISMATCH') };
  if (!message || message.content === null) return { refusal: conflict('message_deleted') };
  return { message, replayed: true };
}

/** The same key twice in one batch: the second is a replay of the first. */
function repeated(input: SendInput, first: SendInput, verdict: SendVerdict): SendVerdict {
  if ('refusal' in verdict) return verdict;
  return replay(input.payloadHash, first.payloadHash, verdict.message);
}

async function store(
  db: Writer,
  drafts: readonly Draft[],
  tally: ReturnType<typeof createTally>,
  verdicts: (SendVerdict | undefined)[],
) {
  if (drafts.length === 0) return;
  const messages = drafts.map(asRow);
  const ids = await insertMessages(db, messages);
  for (const [place, id] of ids.entries()) (messages[place] as MessageOfContainer).id = id;
  await insertMentions(
    db,
    drafts.flatMap(({ input, seq, mentions }, place) =>
      mentions
        .filter((userId) => userId !== input.actor.userId)
        .map((userId) => ({ user_id: userId, container_id: input.containerId, seq, message_id: ids[place] as number })),
    ),
  );
  await tally.store(db, drafts);
  await appendEvents(
    db,
    drafts.map((draft, place) => {
      const { actor, address, now } = draft.input;
      return { event: sentEvent(draft, ids[place] as number), actorId: actor.userId, address, at: now };
    }),
  );
  for (const [place, { index }] of drafts.entries()) {
    verdicts[index] = { message: messages[place] as MessageOfContainer, replayed: false };
  }
}

function asMentioning({ input, visibility }: Draft): Mentioning {
  const { content, containerId, actor, now } = input;
  return { content, containerId, authorId: actor.userId, isOpen: visibility === 'public', now };
}

function asRow({
  input,
  seq,
  parentId,
  visibility,
  mentions,
}: Draft): MessageOfContainer & { client_id: string | null; payload_hash: string | null } {
  return {
    id: 0,
    uuid: input.uuid,
    container_id: input.containerId,
    seq,
    author_id: input.actor.userId,
    username: input.actor.username,
    content: input.content,
    parent_id: parentId,
    reply_to_id: input.replyToId,
    thread_count: 0,
    is_pinned: 0,
    is_listed: 1,
    edit_count: 0,
    edited_at: null,
    reaction_count: 0,
    version: 1,
    mentions: mentions.length === 0 ? '[]' : JSON.stringify(mentions),
    metadata: input.metadata,
    client_id: input.clientId,
    payload_hash: input.payloadHash,
    deleted_at: null,
    created_at: input.now,
    updated_at: input.now,
    visibility: visibility as MessageOfContainer['visibility'],
  };
}

function sentEvent({ input, rootCount }: Draft, messageId: number): NewEvent {
  return {
    type: 'message_sent',
    containerId: input.containerId,
    messageId,
    version: 1,
    ...(rootCount === undefined ? {} : { data: { thread_count: rootCount } }),
  };
}
