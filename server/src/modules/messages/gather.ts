import type { Database } from '../../db/database.ts';
import { DatabaseUnavailable, StorageFull } from '../../db/database.ts';
import { AppError } from '../../errors.ts';
import type { NewEvent } from '../../events.ts';
import { appendMessages, type SendInput, type SendVerdict } from './append.ts';

export interface SendGather {
  /** Resolves once the message is on stable storage, or with its refusal. */
  send(input: SendInput): Promise<SendVerdict>;
}

interface Waiting {
  readonly input: SendInput;
  readonly resolve: (verdict: SendVerdict) => void;
  readonly reject: (error: unknown) => void;
}

/** Sends in one transaction at most: the pause they make stays within a few tens of milliseconds. */
const LARGEST = 256;

/**
 * Sends that arrive while a transaction is being opened share it: one set of statements for all of them. What fails as a batch is
 * tried one by one, so that nobody pays for another's message.
 */
export function createSendGather(db: Database, followCommitted: (events: NewEvent[]) => void): SendGather {
  let waiting: Waiting[] = [];
  const batch = (taken: Waiting[]) =>
    db.write('message.send', async (writer) => {
      if (taken.length === 0) {
        taken.push(...waiting.slice(0, LARGEST));
        waiting = waiting.slice(LARGEST);
        if (waiting.length > 0) void run();
      }
      return appendMessages(
        writer,
        taken.map(({ input }) => input),
      );
    });

  async function run() {
    const taken: Waiting[] = [];
    try {
      settle(taken, await batch(taken));
    } catch (error) {
      if (taken.length === 0) taken.push(...waiting.splice(0));
      if (taken.length === 1 || concernsAll(error)) for (const { reject } of taken) reject(error);
      else for (const one of taken) await alone(one);
    }
  }

  async function alone(one: Waiting) {
    try {
      settle([one], await batch([one]));
    } catch (error) {
      one.reject(error);
    }
  }

  function settle(taken: readonly Waiting[], verdicts: readonly SendVerdict[]) {
    followCommitted(verdicts.flatMap((verdict) => ('event' in verdict && verdict.event ? [verdict.event] : [])));
    for (const [place, { resolve }] of taken.entries()) resolve(verdicts[place] as SendVerdict);
  }

  return {
    send: (input) =>
      new Promise((resolve, reject) => {
        waiting.push({ input, resolve, reject });
        if (waiting.length === 1) void run();
      }),
  };
}

function concernsAll(error: unknown): boolean {
  return error instanceof StorageFull || error instanceof DatabaseUnavailable || error instanceof AppError;
}
