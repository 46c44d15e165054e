import crypto, { createHash } from 'node:crypto';
import { type Answer, createdJson } from '../../answer.ts';
import type { Ctx } from '../../context.ts';
import { AppError, invalid, invalidField } from '../../errors.ts';
import type { SendInput, SendVerdict } from './append_input.ts';
import { contentFault } from './content.ts';
import { storedMetadata } from './metadata.ts';
import { messageJson } from './present.ts';

/** In the order of time, so that their index grows at its end alone: random ones change a page of it for every message. Node 24 has no others. */
const newUuid: () => string = crypto.randomUUIDv7 ?? crypto.randomUUID;

export interface SendBody {
  readonly content?: string;
  readonly parent_message_id?: number | null;
  readonly metadata?: Record<string, unknown> | null;
  readonly file_ids?: readonly number[];
}

const MAX_CLIENT_ID = 255;
const none: readonly number[] = [];

/** Sends a message into a room or conversation; answers its full shape once it is on stable storage. */
export async function sendMessage(
  ctx: Ctx,
  kind: SendInput['kind'],
  containerId: number,
  body: SendBody,
): Promise<Answer> {
  const input = inputOf(ctx, kind, containerId, body);
  return answerOf(ctx, await ctx.deps.messages.sends.send(input));
}

async function answerOf(ctx: Ctx, verdict: SendVerdict): Promise<Answer> {
  if ('refusal' in verdict) throw verdict.refusal;
  const { message, attachments, replayed } = verdict;
  if (!replayed) return createdJson(messageJson(message, [], attachments));
  const [text] = await ctx.deps.messages.fragments.render(ctx.db, ctx.actor.userId, [message]);
  if (text === undefined) throw new AppError('RESOURCE_CONFLICT', { reason: 'message_deleted' });
  return createdJson(text, true);
}

function inputOf(ctx: Ctx, kind: SendInput['kind'], containerId: number, body: SendBody): SendInput {
  const fileIds = body.file_ids ?? none;
  const content = body.content ?? '';
  if (body.content === undefined && fileIds.length === 0) throw invalidField('content', 'required');
  refuseContent(content, ctx.deps.config.MAX_MESSAGE_LENGTH, fileIds.length > 0);
  const metadata = body.metadata ? storedMetadata(body.metadata) : '{}';
  const clientId = clientIdOf(ctx, body.metadata);
  const replyToId = body.parent_message_id ?? null;
  return {
    actor: ctx.actor,
    address: ctx.request.address,
    traceparent: ctx.request.traceparent,
    now: ctx.now,
    kind,
    containerId,
    uuid: newUuid(),
    content,
    replyToId,
    metadata,
    clientId,
    payloadHash: clientId === null ? null : payloadHash(content, replyToId, body.metadata, fileIds),
    fileIds,
  };
}

/** Raises 400 for a text that may not be stored; with files on its message it may be empty. */
export function refuseContent(content: string, maxLength: number, hasFiles = false): void {
  const fault = contentFault(content, maxLength);
  if (!fault || (hasFiles && fault.reason === 'empty')) return;
  const { code, ...details } = fault;
  if (code === 'MESSAGE_TOO_LONG') throw new AppError(code, { field: 'content', ...details });
  throw invalid([{ field: 'content', ...details }]);
}

/** The key of a send is `metadata.client_id`; the header is another way to say it. */
function clientIdOf(ctx: Ctx, metadata: SendBody['metadata']): string | null {
  const header = ctx.request.idempotency?.key ?? null;
  const named = metadata && Object.hasOwn(metadata, 'client_id') ? metadata.client_id : undefined;
  if (named === undefined || named === null) return header;
  const field = 'metadata.client_id';
  if (typeof named !== 'string') throw invalid([{ field, reason: 'wrong_type', expected: 'string' }]);
  if (named.length === 0) throw invalid([{ field, reason: 'too_short', min_length: 1 }]);
  if (named.length > MAX_CLIENT_ID) throw invalid([{ field, reason: 'too_long', max_length: MAX_CLIENT_ID }]);
  if (header !== null && header !== named) throw invalidField(field, 'differs_from_idempotency_key');
  return named;
}

function payloadHash(
  content: string,
  replyToId: number | null,
  metadata: SendBody['metadata'],
  fileIds: readonly number[],
): string {
  const { client_id: _, ip_address: __, ...rest } = metadata ?? {};
  return createHash('sha256')
    .update(JSON.stringify([content, replyToId, rest, ...(fileIds.length > 0 ? [fileIds] : [])]))
    .digest('base64url');
}
