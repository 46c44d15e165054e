import type { Writer } from '../../db/database.ts';
import { containerStream, type NewEvent, userStream } from '../../events.ts';
import { appendEvents } from '../../log/append.ts';
import { type Facts, loadFacts } from './append_facts.ts';
import { attachFiles, attachmentsOf, takeFiles } from './append_files.ts';
import type { SendInput, SendVerdict } from './append_input.ts';
import { judge, repeated, slowModeRefusal } from './append_judge.ts';
import { type Mentioning, mentionsOf } from './append_mentions.ts';
import { insertMentions, insertMessages } from './append_store.ts';
import { createTally, type Draft } from './append_tally.ts';
import type { MessageOfContainer } from './store.ts';

/**
 * THE way to write a message, on both engines: many inputs, one verdict each, a handful of statements for all of them.
 * Inputs of one container are numbered in their order. What needs no answer of another statement is asked at the same time: on
 * PostgreSQL it shares a round trip, and the locks are held the shorter.
 */
export async function appendMessages(db: Writer, inputs: readonly SendInput[]): Promise<SendVerdict[]> {
  await db.lock([...new Set(inputs.flatMap(streamsOf))]);
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
        takeFiles(facts.files, input);
        drafts.push(tally.draft(input, index, judged));
      }
    }
  }

  const mentions = await mentionsOf(db, drafts.map(asMentioning));
  for (const [place, draft] of drafts.entries()) draft.mentions = mentions[place] as number[];
  await store(db, drafts, facts, tally, verdicts);
  for (const { index, of } of repeats)
    verdicts[index] = repeated(inputs[index] as SendInput, inputs[of] as SendInput, verdicts[of] as SendVerdict);
  return verdicts as SendVerdict[];
}

async function store(
  db: Writer,
  drafts: readonly Draft[],
  facts: Facts,
  tally: ReturnType<typeof createTally>,
  verdicts: (SendVerdict | undefined)[],
) {
  if (drafts.length === 0) return;
  const messages = drafts.map(asRow);
  const [ids] = await Promise.all([insertMessages(db, messages), tally.store(db, drafts)]);
  for (const [place, id] of ids.entries()) (messages[place] as MessageOfContainer).id = id;
  await attachFiles(db, drafts, ids, facts.files);
  await Promise.all([
    insertMentions(db, mentionRows(drafts, ids)),
    appendEvents(
      db,
      drafts.map((draft, place) => {
        const { actor, address, traceparent, now } = draft.input;
        const event = sentEvent(draft, ids[place] as number);
        return { event, actorId: actor.userId, address, traceparent, at: now };
      }),
    ),
  ]);
  for (const [place, { index, input }] of drafts.entries()) {
    const attachments = attachmentsOf(input, facts.files);
    verdicts[index] = { message: messages[place] as MessageOfContainer, attachments, replayed: false };
  }
}

/** Nobody is told of mentioning himself. */
function mentionRows(drafts: readonly Draft[], ids: readonly number[]) {
  return drafts.flatMap(({ input, seq, mentions }, place) =>
    mentions
      .filter((userId) => userId !== input.actor.userId)
      .map((userId) => ({ user_id: userId, container_id: input.containerId, seq, message_id: ids[place] as number })),
  );
}

/** Files are their uploader's to hang on a message; nobody else does anything to them while his stream is held. */
export function streamsOf({ containerId, fileIds, actor }: SendInput): string[] {
  return fileIds.length === 0
    ? [containerStream(containerId)]
    : [containerStream(containerId), userStream(actor.userId)];
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
    attachment_count: input.fileIds.length,
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
