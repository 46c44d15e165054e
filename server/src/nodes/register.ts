import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createComplaint } from '../complaint.ts';
import type { Database, Writer } from '../db/database.ts';
import { version } from '../version.ts';
import {
  deleteNode,
  dropLease,
  dropLeasesOf,
  dropLostLeases,
  findLeases,
  findNodes,
  putNode,
  takeGone,
  takeLease,
} from './store.ts';
import { chosenFor, type Work, works } from './works.ts';

/** Which processes there are, and who of them does what is done once. */
export interface Register {
  /** Whether a piece of work is this process's just now. */
  owns(work: Work): boolean;
  /** Processes on this database, this one among them, as far as is known. */
  readonly size: number;
  start(): Promise<void>;
  /** Gives everything back, so that others need not wait. */
  stop(): Promise<void>;
}

interface Options {
  readonly id: string;
  readonly db: Database;
  readonly log: Logger;
  /** Gives back, in the transaction in which a process is found to be gone, what it had taken on. */
  readonly release: (db: Writer, nodeId: string) => Promise<unknown>;
}

const BEAT_EVERY_MS = 1_500;
/** Three beats and a half were missed. */
const GONE_AFTER_MS = 5_500;

/** A process that says every now and then that it is there, and takes its share of the work; what a dead one had is taken over within seven seconds. */
export function createRegister({ id, db, log, release }: Options): Register {
  const complain = createComplaint(log, 'warn', 'others could not be told of this process; it is tried again');
  let owned: ReadonlySet<string> = new Set();
  let size = 1;
  /** Monotonic: what was owned then is for as long as the others believe it. */
  let beatAt = Number.NEGATIVE_INFINITY;
  const stopping = new AbortController();
  let running: Promise<void> | undefined;

  async function beat(): Promise<void> {
    const at = performance.now();
    // By itself: of processes that come back together none is to find another gone.
    await db.write('nodes.beat', (writer) => putNode.run(writer, { id, version }));
    const found = await db.write('nodes.share', async (writer) => {
      for (const gone of await takeGone.all(writer, { ms: GONE_AFTER_MS })) await release(writer, gone.id);
      await dropLostLeases.run(writer, {});
      const ids = (await findNodes.all(writer, { ms: GONE_AFTER_MS })).map((node) => node.id);
      return { owned: await share(writer, ids), size: ids.length };
    });
    ({ owned, size } = found);
    beatAt = at;
  }

  async function share(writer: Writer, ids: readonly string[]): Promise<Set<string>> {
    const holders = new Map((await findLeases.all(writer, {})).map(({ work, node_id }) => [work, node_id]));
    const mine = new Set<string>();
    for (const work of works) {
      const isChosen = chosenFor(work, ids) === id;
      const holder = holders.get(work);
      // Somebody else is chosen since he came: he finds it free at his next beat.
      if (holder === id && !isChosen) await dropLease.run(writer, { work, node_id: id });
      else if (holder === id) mine.add(work);
      else if (holder === undefined && isChosen && (await takeLease.run(writer, { work, node_id: id })) === 1)
        mine.add(work);
    }
    return mine;
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sleep(BEAT_EVERY_MS, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
      if (!stopping.signal.aborted) await beat().catch(complain);
    }
  }

  return {
    owns: (work) => owned.has(work) && performance.now() - beatAt < GONE_AFTER_MS,
    get size() {
      return size;
    },
    start: async () => {
      await beat();
      running = run();
    },
    stop: async () => {
      stopping.abort();
      await running;
      owned = new Set();
      await db
        .write('nodes.leave', async (writer) => {
          await deleteNode.run(writer, { id });
          await dropLeasesOf.run(writer, { node_id: id });
        })
        .catch((error) => log.warn({ err: error }, 'what this process had is taken over in some seconds'));
    },
  };
}

/** Where there is one process alone: everything is its own. */
export function createLonelyRegister(): Register {
  return { owns: () => true, size: 1, start: async () => {}, stop: async () => {} };
}
