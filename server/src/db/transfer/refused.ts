/** Why data were not moved: what was asked for is wrong, does not answer, lets nobody in, or holds what it must not hold. */
export type Reason = 'asked' | 'unavailable' | 'denied' | 'data' | 'interrupted';

/** The move was not made, and nothing was changed; the message says why, and never holds a password. */
export class TransferRefused extends Error {
  override readonly name = 'TransferRefused';
  readonly reason: Reason;
  constructor(reason: Reason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}
