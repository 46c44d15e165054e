import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { DatabaseUnavailable, type Reader, type Row } from './database.ts';
import type { SnapshotAnswer, SnapshotRequest } from './sqlite_snapshot_worker.ts';

/** The published package holds the worker as JavaScript. */
const script = new URL(`./sqlite_snapshot_worker${extname(import.meta.url)}`, import.meta.url);

/** Reads that see one moment, each in a thread of its own, one at a time: a second would only halve the first one's processor. */
export function createSnapshots(path: string) {
  let last: Promise<unknown> = Promise.resolve();
  const running = new Set<Worker>();
  let closed = false;

  async function run<T>(work: (db: Reader) => Promise<T>): Promise<T> {
    if (closed) throw new DatabaseUnavailable('The database is closed');
    const worker = new Worker(script, { workerData: { path } });
    running.add(worker);
    try {
      return await work(readerOver(worker));
    } finally {
      running.delete(worker);
      await worker.terminate();
    }
  }

  return {
    snapshot: <T>(work: (db: Reader) => Promise<T>): Promise<T> => {
      const turn = last.then(() => run(work));
      last = turn.catch(() => undefined);
      return turn;
    },
    /** Those that wait are refused; one that runs ends with the statement it is at, which SQLite does not let go of. */
    close: async () => {
      closed = true;
      await Promise.all([...running].map((worker) => worker.terminate()));
    },
  };
}

/** Statements are answered in their order; whatever ends the worker ends those that wait. */
function readerOver(worker: Worker): Reader {
  const ended = new AbortController();
  let failure: Error = new DatabaseUnavailable('The reading thread has ended');
  worker.on('error', (error: Error) => {
    failure = error;
  });
  worker.on('exit', () => ended.abort());
  let last: Promise<unknown> = Promise.resolve();

  async function ask(request: SnapshotRequest): Promise<Row[]> {
    if (ended.signal.aborted) throw failure;
    worker.postMessage(request);
    const [answer] = (await once(worker, 'message', { signal: ended.signal }).catch(() => {
      throw failure;
    })) as [SnapshotAnswer];
    if ('error' in answer) throw answer.error;
    return answer.rows;
  }

  return {
    dialect: 'sqlite',
    all: (text, values) => {
      const turn = last.then(() => ask({ text, values }));
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}
