import { AppError, conflict, rateLimited, unprocessable } from '../../errors.ts';
import { judgeConversation, judgeRoom } from '../../judge.ts';
import type { ConversationForUser } from '../conversations/store.ts';
import type { RoomForUser } from '../rooms/store.ts';
import type { Facts, Replied } from './append_facts.ts';
import type { SendInput, SendVerdict } from './append_input.ts';
import type { Place } from './append_tally.ts';
import type { MessageOfContainer } from './store.ts';

type Judged = { verdict: SendVerdict } | ({ verdict?: undefined } & Place);

/** The verdict on one input by its own, or where its message goes. */
export function judge(input: SendInput, index: number, facts: Facts): Judged {
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
  const impossible = parentRefusal(input, parent) ?? filesRefusal(input, facts.files);
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

/** Only one's own may hang on a message, on one alone, and only where they were put. */
function filesRefusal({ fileIds, actor, containerId }: SendInput, files: Facts['files']): AppError | undefined {
  for (const id of fileIds) {
    const file = files.get(id);
    const isMine = file?.uploader_id === actor.userId;
    const isHere = file?.container_id === null || file?.container_id === containerId;
    if (!isMine || !isHere || file?.message_id !== null)
      return unprocessable('file_not_attachable', { field: 'file_ids', file_id: id });
  }
  return undefined;
}

export function slowModeRefusal(
  input: SendInput,
  room: RoomForUser | undefined,
  sentInBatch: number | undefined,
): AppError | undefined {
  if (!room || room.slow_mode_seconds === 0 || room.role !== 'member') return undefined;
  const waitMs = (sentInBatch ?? room.last_sent_at ?? 0) + room.slow_mode_seconds * 1_000 - input.now;
  if (waitMs <= 0) return undefined;
  return rateLimited({ scope: 'slow_mode', limit: 1, windowMs: room.slow_mode_seconds * 1_000, retryAfterMs: waitMs });
}

function replay(
  payloadHash: string | null,
  firstHash: string | null,
  message: MessageOfContainer | undefined,
): SendVerdict {
  if (payloadHash !== firstHash) return { refusal: new AppError('IDEMPOTENCY_MISMATCH') };
  if (!message || message.content === null) return { refusal: conflict('message_deleted') };
  return { message, attachments: [], replayed: true };
}

/** The same key twice in one batch: the second is a replay of the first. */
export function repeated(input: SendInput, first: SendInput, verdict: SendVerdict): SendVerdict {
  if ('refusal' in verdict) return verdict;
  return replay(input.payloadHash, first.payloadHash, verdict.message);
}
