import type { Actor } from '../../actor.ts';
import type { AppError } from '../../errors.ts';
import type { MessageOfContainer } from './store.ts';

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
