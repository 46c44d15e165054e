import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Images, ReadPicture } from './images.ts';
import type { PictureAnswer, PictureRequest } from './sharp_worker.ts';
import { createTurns, type Who } from './turns.ts';

/** The published package holds the worker as JavaScript. */
const script = new URL(`./sharp_worker${extname(import.meta.url)}`, import.meta.url);

/** Pictures that wait at most, and for one person; more are refused at once. */
const MAX_WAITING = 16;
const MAX_WAITING_EACH = 4;
/** The library gives up after five seconds; a thread that has not by then is ended. */
const MAX_MS = 8_000;

interface ImagesOptions {
  readonly maxPixels: number;
  readonly maxMs?: number;
}

/**
 * Pictures in a thread of its own, one at a time, so that none of them can hold up the loop and one alone is in memory; started with
 * the first.
 */
export function createImages({ maxPixels, maxMs = MAX_MS }: ImagesOptions): Images {
  let worker: Worker | undefined;
  const turns = createTurns(MAX_WAITING, MAX_WAITING_EACH);

  const ask = (read: ReadPicture, who: Who, longestSide?: number): Promise<PictureAnswer> =>
    turns.take(who, async () => run({ bytes: await read(), longestSide, maxPixels }));

  function run(request: PictureRequest): Promise<PictureAnswer> {
    worker ??= started();
    const thread = worker;
    return new Promise((resolve) => {
      const done = (answer: PictureAnswer) => {
        clearTimeout(timer);
        thread.off('message', done).off('exit', gone);
        resolve(answer);
      };
      const gone = () => done({ failure: 'failed' });
      const timer = setTimeout(() => {
        worker = undefined;
        void thread.terminate();
        gone();
      }, maxMs);
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
    measure: async (read) => {
      const { size, failure = 'failed' } = await ask(read, undefined);
      return size ?? failure;
    },
    shrink: async (read, longestSide, userId) => {
      const { webp, failure = 'failed' } = await ask(read, userId, longestSide);
      return webp ?? failure;
    },
    close: async () => {
      await worker?.terminate();
    },
  };
}
