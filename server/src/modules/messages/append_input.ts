import type { Actor } from '../../actor.ts';
import type { AppError } from '../../errors.ts';
import type { Attachment } from '../files/store.ts';
import type { MessageOfContainer } from './store.ts';

export interface SendInput {
  readonly actor: Actor;
  readonly address: string;
  readonly traceparent: string | null;
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
  /** Files that hang on it, in this order. */
  readonly fileIds: readonly number[];
}

export type SendVerdict =
  | { readonly message: MessageOfContainer; readonly attachments: readonly Attachment[]; readonly replayed: boolean }
  | { readonly refusal: AppError };
