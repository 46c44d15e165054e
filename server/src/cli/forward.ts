import { setTimeout as sleep } from 'node:timers/promises';
import { nobody } from '../actor.ts';
import type { Outcome } from '../adapters/outgoing/outgoing.ts';
import { createOutgoing } from '../adapters/outgoing/undici.ts';
import { parseBlocks } from '../address.ts';
import type { CommitPosition } from '../db/commit_order.ts';
import { type Database, DatabaseUnavailable } from '../db/database.ts';
import { readAfter, readHead } from '../log/read.ts';
import type { Telling } from '../modules/events/facts.ts';
import { createMessageFragments } from '../modules/messages/fragments.ts';
import { isDelivered, resultOf } from '../modules/webhooks/attempt.ts';
import { deliveryOf, lastNamed, type Named, pickNamed } from '../modules/webhooks/forward.ts';
import type { Terminal } from './terminal.ts';

export interface Forwarding {
  readonly url: URL;
  /** Where the events are read: whoever listens beside the wrong server sees it. */
  readonly from: string;
  readonly names: ReadonlySet<string>;
  /** The names, as they were asked for. */
  readonly shown: string;
  readonly replay: number;
  readonly secret: string;
}

const AT_ONCE = 256;
const LOOK_EVERY_MS = 250;
const AGAIN_MS = 1_000;
/** As an attempt of the server's, unless that is set otherwise. */
const [CONNECT_MS, TOTAL_MS] = [5_000, 15_000];

/** Posts what happens from now on, one event after the other, until the terminal is interrupted. Reads the database and changes nothing. */
export async function forwardEvents(db: Database, forwarding: Forwarding, terminal: Terminal): Promise<void> {
  const { url, from, names, shown, replay, secret } = forwarding;
  const stop = terminal.interrupted();
  const everywhere = parseBlocks(['0.0.0.0/0', '::/0']).blocks;
  const outgoing = createOutgoing({ allowed: everywhere, connectMs: CONNECT_MS, totalMs: TOTAL_MS });
  const pause = (ms: number) => sleep(ms, undefined, { signal: stop }).catch(() => {});
  const patiently = createPatience(terminal, pause, stop);
  const telling = createTelling(db);
  const counts = { all: 0, delivered: 0 };

  async function forward(named: Named): Promise<void> {
    const { id, headers, body } = await patiently(() => deliveryOf(telling(), named, secret));
    const outcome = await outgoing.post(url, { headers, body }, stop);
    counts.all++;
    if (isDelivered(outcome)) counts.delivered++;
    const time = new Date().toISOString();
    terminal.print(`${time}  ${named.name.padEnd(19)}  ${id}  ${told(outcome)}  ${outcome.durationMs} ms`);
  }

  async function forwardAll(events: readonly Named[]): Promise<void> {
    for (const named of events) if (!stop.aborted) await forward(named);
  }

  let place: CommitPosition = await readHead(db.reader);
  terminal.print(`Forwarding  ${url}`);
  terminal.print(`From        ${from}`);
  terminal.print(`Events      ${shown}`);
  terminal.print(`Secret      ${secret}`);
  try {
    if (replay > 0) await forwardAll(await patiently(() => lastNamed(db.reader, place, names, replay)));
    while (!stop.aborted) {
      const events = await patiently(() => readAfter(db.reader, place, AT_ONCE));
      await forwardAll(await patiently(() => pickNamed(db.reader, events, names)));
      place = events.at(-1) ?? place;
      if (events.length < AT_ONCE) await pause(LOOK_EVERY_MS);
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    await outgoing.close();
  }
  terminal.print(`${counts.all} forwarded, ${counts.delivered} of them delivered.`);
}

/** Tries again for as long as the database is away, which is said once. */
function createPatience({ warn }: Terminal, pause: (ms: number) => Promise<void>, stop: AbortSignal) {
  let isAway = false;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        const found = await work();
        isAway = false;
        return found;
      } catch (error) {
        if (!(error instanceof DatabaseUnavailable) || stop.aborted) throw error;
        if (!isAway) warn('veza: the database does not answer; it is tried again');
        isAway = true;
        await pause(AGAIN_MS);
      }
    }
  };
}

function told(outcome: Outcome): string {
  const { response_code, error } = resultOf(outcome);
  if (outcome.isCutOff) return 'cut_off';
  return [response_code, error].filter((part) => part !== null).join(' ');
}

/** What bodies are made with. Who is connected only the server knows: here nobody is online. */
function createTelling({ reader: db }: Database): () => Telling {
  const deps: Telling['deps'] = {
    messages: { fragments: createMessageFragments() },
    authority: { activity: { lastSeen: (_, stored) => stored } },
    realtime: { presence: { statusOf: () => 'offline' } },
  };
  return () => ({ db, deps, actor: nobody, now: Date.now() });
}
