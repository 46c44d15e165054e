import { type Database, DatabaseUnavailable, StorageFull } from '../../db/database.ts';
import { type Histogram, histogramOf, observe } from '../../metrics/histogram.ts';
import { appendMessages, streamsOf } from './append.ts';
import type { SendInput, SendVerdict } from './append_input.ts';

export interface SendGather {
  /** Resolves once the message is on stable storage, or with its refusal. */
  send(input: SendInput): Promise<SendVerdict>;
  /** Of what was written together. */
  readonly batches: Histogram;
}

interface Waiting {
  readonly input: SendInput;
  readonly streams: readonly string[];
  readonly resolve: (verdict: SendVerdict) => void;
  readonly reject: (error: unknown) => void;
}

/** Sends in one transaction at most: the pause they make stays within a few tens of milliseconds. */
const LARGEST = 256;
/** Transactions of sends at the same time: while these run, what arrives gathers for the next. */
const IN_FLIGHT = 2;

/**
 * Sends that arrive while a transaction is being opened, or while its rooms' turn has not come, share it: one set of statements for
 * all of them. A room is in one transaction at a time: two of them would only wait for each other, inside the database and with half
 * of the sends each. What fails as a batch is tried one by one, so that nobody pays for another's message.
 */
export function createSendGather(db: Database, afterCommit: () => void): SendGather {
  const batches = histogramOf('veza_message_batch_messages');
  /** Streams of the transactions that run. */
  const claimed = new Set<string>();
  let waiting: Waiting[] = [];
  let inFlight = 0;
  let isOpening = false;

  const isFree = ({ streams }: Waiting) => !streams.some((stream) => claimed.has(stream));

  function next() {
    if (isOpening || inFlight === IN_FLIGHT || !waiting.some(isFree)) return;
    isOpening = true;
    inFlight++;
    void run().then(() => {
      inFlight--;
      next();
    });
  }

  async function run() {
    const own = new Set<string>();
    const taken: Waiting[] = [];
    const verdicts = await batch(own, taken).catch((error: unknown) => afterFailure(own, taken, error));
    if (verdicts) keep(taken, verdicts);
    for (const stream of own) claimed.delete(stream);
  }

  async function afterFailure(own: Set<string>, taken: Waiting[], error: unknown): Promise<undefined> {
    if (own.size === 0) claim(own);
    if (taken.length === 0) take(own, taken);
    if (taken.length === 1 || concernsAll(error)) for (const { reject } of taken) reject(error);
    else for (const one of taken) await alone(own, one);
  }

  /** What waits and is not in another transaction is in this one. */
  function claim(own: Set<string>) {
    isOpening = false;
    for (const { streams } of waiting.filter(isFree).slice(0, LARGEST)) for (const stream of streams) own.add(stream);
    for (const stream of own) claimed.add(stream);
    next();
  }

  /** Also what has come since: nobody overtakes in his room. */
  function take(own: ReadonlySet<string>, taken: Waiting[]) {
    const left: Waiting[] = [];
    const passed = new Set<number>();
    for (const one of waiting) {
      const { containerId } = one.input;
      const fits = taken.length < LARGEST && !passed.has(containerId) && one.streams.every((stream) => own.has(stream));
      if (fits) taken.push(one);
      else {
        passed.add(containerId);
        left.push(one);
      }
    }
    waiting = left;
  }

  const batch = (own: Set<string>, taken: Waiting[]) =>
    db.write('message.send', async (writer) => {
      if (taken.length === 0) {
        if (own.size === 0) claim(own);
        await writer.lock([...own]);
        take(own, taken);
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

  async function alone(own: Set<string>, one: Waiting) {
    const verdicts = await batch(own, [one]).catch(one.reject);
    if (verdicts) keep([one], verdicts);
  }

  return {
    batches,
    send: (input) =>
      new Promise((resolve, reject) => {
        const one = { input, streams: streamsOf(input), resolve, reject };
        waiting.push(one);
        if (isFree(one)) next();
      }),
  };
}

function settle(taken: readonly Waiting[], verdicts: readonly SendVerdict[]) {
  for (const [place, { resolve }] of taken.entries()) resolve(verdicts[place] as SendVerdict);
}

function concernsAll(error: unknown): boolean {
  return error instanceof StorageFull || error instanceof DatabaseUnavailable;
}
