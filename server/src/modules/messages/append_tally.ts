import type { Writer } from '../../db/database.ts';
import { countSent } from '../statistics/tally.ts';
import type { SendInput } from './append_input.ts';
import { type Replies, updateContainers, updateMentioned, updateRoots, updateSenders } from './append_store.ts';

export interface Draft {
  readonly input: SendInput;
  /** Where the input stands in the batch. */
  readonly index: number;
  readonly seq: number;
  readonly parentId: number | null;
  readonly visibility: string;
  mentions: number[];
  /** Living replies of the root after this one. */
  rootCount?: number;
}

interface Replied {
  readonly id: number;
  readonly parent_id: number | null;
  /** Of its thread. */
  readonly thread_count: number;
}

/** Where a message goes, as its container is before the batch. */
export interface Place {
  readonly lastSeq: number;
  readonly lastActivity: number;
  readonly parent: Replied | undefined;
  readonly visibility: string;
}

/** Numbers the messages of a batch and adds up what they change, so that each row is updated once. */
export function createTally() {
  const containers = new Map<number, { last_seq: number; sent: number; roots: number; at: number }>();
  const roots = new Map<number, Replies>();
  const sentAt = new Map<string, number>();

  function draft(input: SendInput, index: number, { lastSeq, lastActivity, parent, visibility }: Place): Draft {
    const container = containers.get(input.containerId) ?? { last_seq: lastSeq, sent: 0, roots: 0, at: lastActivity };
    containers.set(input.containerId, container);
    container.last_seq++;
    container.sent++;
    container.at = Math.max(container.at, input.now);
    sentAt.set(memberKey(input.containerId, input.actor.userId), input.now);
    // Threads are one level: a reply to a reply belongs to its root.
    const parentId = parent ? (parent.parent_id ?? parent.id) : null;
    const drafted: Draft = { input, index, seq: container.last_seq, parentId, visibility, mentions: [] };
    if (!parent || parentId === null) container.roots++;
    else {
      const replies = (roots.get(parentId)?.replies ?? 0) + 1;
      roots.set(parentId, { id: parentId, container_id: input.containerId, replies });
      drafted.rootCount = parent.thread_count + replies;
    }
    return drafted;
  }

  async function store(db: Writer, drafts: readonly Draft[]) {
    const counted = [...containers].map(([id, { last_seq, sent, roots, at }]) => ({ id, last_seq, sent, roots, at }));
    const { senders, mentioned } = memberChanges(drafts);
    const sent = drafts.map(({ input, visibility }) => ({
      containerId: input.containerId,
      authorId: input.actor.userId,
      visibility,
      at: input.now,
    }));
    await Promise.all([
      updateContainers.run(db, counted),
      updateRoots.run(db, [...roots.values()]),
      updateSenders.run(db, senders),
      updateMentioned.run(db, mentioned),
      countSent(db, sent),
    ]);
  }

  return {
    draft,
    store,
    lastSentAt: (input: SendInput) => sentAt.get(memberKey(input.containerId, input.actor.userId)),
  };
}

function memberKey(containerId: number, userId: number): string {
  return `${containerId} ${userId}`;
}

/** A sender's mark ends at his last message here; mentions of him after it are what remains unread. */
function memberChanges(drafts: readonly Draft[]) {
  const senders = new Map<
    string,
    { container_id: number; user_id: number; seq: number; mentioned: number; at: number }
  >();
  const mentioned = new Map<string, { container_id: number; user_id: number; mentioned: number }>();
  for (const { input, seq, mentions } of drafts) {
    const author = input.actor.userId;
    const key = memberKey(input.containerId, author);
    senders.set(key, { container_id: input.containerId, user_id: author, seq, mentioned: 0, at: input.now });
    mentioned.delete(key);
    for (const userId of mentions) {
      if (userId === author) continue;
      const other = memberKey(input.containerId, userId);
      const sender = senders.get(other);
      if (sender) sender.mentioned++;
      else
        mentioned.set(other, {
          container_id: input.containerId,
          user_id: userId,
          mentioned: (mentioned.get(other)?.mentioned ?? 0) + 1,
        });
    }
  }
  return { senders: [...senders.values()], mentioned: [...mentioned.values()] };
}
