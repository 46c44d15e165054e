import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Images, ImagesBusy } from './images.ts';
import type { PictureAnswer, PictureRequest } from './sharp_worker.ts';

/** The published package holds the worker as JavaScript. */
const script = new URL(`./sharp_worker${extname(import.meta.url)}`, import.meta.url);

/** Pictures that wait at most: their bytes are in memory. */
const MAX_WAITING = 16;
/** The library gives up after five seconds; a thread that has not by then is ended. */
const MAX_MS = 8_000;

/** Pictures in a thread of its own, one at a time, so that none of them can hold up the loop; started with the first. */
export function createImages({ maxPixels }: { readonly maxPixels: number }): Images {
  let worker: Worker | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  function ask(request: Omit<PictureRequest, 'maxPixels'>): Promise<PictureAnswer> {
    if (waiting >= MAX_WAITING) return Promise.reject(new ImagesBusy());
    waiting++;
    const turn = last.then(() => run({ ...request, maxPixels })).finally(() => waiting--);
    last = turn.catch(() => undefined);
    return turn;
  }

  function run(request: PictureRequest): Promise<PictureAnswer> {
    worker ??= started();
    const thread = worker;
    return new Promise((resolve) => {
      const done = (answer: PictureAnswer) => {
        clearTimeout(timer);
        thread.off('message', done).off('exit', gone);
        resolve(answer);
      };
      const gone = () => done({});
      const timer = setTimeout(() => {
        worker = undefined;
        void thread.terminate();
        gone();
      }, MAX_MS);
      thread.on('message', done).on('exit', gone);
      thread.postMessage(request, [request.bytes.buffer]);
    });
  }

  function started(): Worker {
    const thread = new Worker(script);
    // What ends it is answered for by its exit; the next picture starts another.
    thread.on('error', () => {});
    thread.once('exit', () => {
      if (worker === thread) worker = undefined;
    });
    thread.unref();
    return thread;
  }

  return {
    measure: async (bytes) => (await ask({ bytes })).size,
    shrink: async (bytes, longestSide) => (await ask({ bytes, longestSide })).webp,
    close: async () => {
      await worker?.terminate();
    },
  };
}
