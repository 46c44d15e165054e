import type { Deps } from '../context.ts';
import type { Admission } from '../http/admission.ts';
import type { Deadlines } from '../http/deadlines.ts';
import type { RateClass } from '../http/route.ts';
import type { CheckOf } from '../http/validation.ts';

/** What all sockets share. */
export interface Shared {
  readonly deps: Deps;
  readonly heartbeatMs: number;
  readonly admission: Admission;
  readonly deadlines: Deadlines;
  readonly checkOf: CheckOf;
  readonly newId: () => string;
  readonly counts: Counts;
  /** Raises 429 when somebody has sent too many frames. */
  countFrame(userId: number): void;
  /** Raises 429 when somebody has done too much of a kind, over whatever transport. */
  countCommand(limit: RateClass, userId: number): Promise<void>;
  /** Raises 429 when an address has shown too many wrong tokens. */
  countStranger(address: string): Promise<void>;
}

/** Since the start. */
export interface Counts {
  opened: number;
  framesIn: number;
  events: number;
  answers: number;
  others: number;
}

export const noCounts = (): Counts => ({ opened: 0, framesIn: 0, events: 0, answers: 0, others: 0 });
