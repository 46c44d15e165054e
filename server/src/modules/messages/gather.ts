import { type Database, DatabaseUnavailable, StorageFull } from '../../db/database.ts';
import { type Histogram, histogramOf, observe } from '../../metrics/histogram.ts';
import { appendMessages } from './append.ts';
import type { SendInput, SendVerdict } from './append_input.ts';

export interface SendGather {
  /** Resolves once the message is on stable storage, or with its refusal. */
  send(input: SendInput): Promise<SendVerdict>;
  /** Of what was written together. */
  readonly batches: Histogram;
}

interface Waiting {
  readonly input: SendInput;
  readonly resolve: (verdict: SendVerdict) => void;
  readonly reject: (error: unknown) => void;
}

/** Sends in one transaction at most: the pause they make stays within a few tens of milliseconds. */
const LARGEST = 256;
/** Transactions of sends at the same time: while these run, what arrives gathers for the next. */
const IN_FLIGHT = 4;

/**
 * Sends that arrive while a transaction is being opened, or while enough of them run, share the next: one set of statements for all
 * of them. What fails as a batch is tried one by one, so that nobody pays for another's message.
 */
export function createSendGather(db: Database, afterCommit: () => void): SendGather {
  const batches = histogramOf('veza_message_batch_messages');
  let waiting: Waiting[] = [];
  let inFlight = 0;

  function next() {
    if (waiting.length === 0 || inFlight === IN_FLIGHT) return;
    inFlight++;
    void run().then(() => {
      inFlight--;
      next();
    });
  }

  async function run() {
    const taken: Waiting[] = [];
    try {
      keep(taken, await batch(taken));
    } catch (error) {
      if (taken.length === 0) take(taken);
      if (taken.length === 1 || concernsAll(error)) for (const { reject } of taken) reject(error);
      else for (const one of taken) await alone(one);
    }
  }

  const take = (taken: Waiting[]) => {
    taken.push(...waiting.slice(0, LARGEST));
    waiting = waiting.slice(LARGEST);
  };

  const batch = (taken: Waiting[]) =>
    db.write('message.send', async (writer) => {
      if (taken.length === 0) {
        take(taken);
        next();
      }
      return appendMessages(
        writer,
        taken.map(({ input }) => input),
      );
    });

  function keep(taken: readonly Waiting[], verdicts: readonly SendVerdict[]) {
    observe(batches, taken.length);
    settle(taken, verdicts);
    afterCommit();
  }

  async function alone(one: Waiting) {
    try {
      keep([one], await batch([one]));
    } catch (error) {
      one.reject(error);
    }
  }

  return {
    batches,
    send: (input) =>
      new Promise((resolve, reject) => {
        waiting.push({ input, resolve, reject });
        if (waiting.length === 1) next();
      }),
  };
}

function settle(taken: readonly Waiting[], verdicts: readonly SendVerdict[]) {
  for (const [place, { resolve }] of taken.entries()) resolve(verdicts[place] as SendVerdict);
}

function concernsAll(error: unknown): boolean {
  return error instanceof StorageFull || error instanceof DatabaseUnavailable;
}
