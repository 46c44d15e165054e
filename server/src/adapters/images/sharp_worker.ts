import { parentPort } from 'node:worker_threads';
import sharp from 'sharp';
import type { PictureFailure, PictureSize } from './images.ts';

export interface PictureRequest {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Undefined: only measured. */
  readonly longestSide: number | undefined;
  readonly maxPixels: number;
}

/** One of the three. */
export interface PictureAnswer {
  readonly size?: PictureSize;
  readonly webp?: Uint8Array;
  readonly failure?: PictureFailure;
}

const MAX_SECONDS = 5;
/** What the library says when it was short of time or memory, which says nothing of the picture. */
const SHORT = /timeout: |out of memory/;

// Nothing of one picture is kept for the next, and one processor is left to the server.
sharp.cache(false);
sharp.concurrency(1);

async function answer({ bytes, longestSide, maxPixels }: PictureRequest): Promise<PictureAnswer> {
  const picture = sharp(bytes, { limitInputPixels: maxPixels, pages: 1, failOn: 'error', sequentialRead: true });
  if (longestSide === undefined) {
    const { width, height } = (await picture.metadata()).autoOrient;
    return { size: { width, height } };
  }
  const webp = await picture
    .timeout({ seconds: MAX_SECONDS })
    .autoOrient()
    .resize(longestSide, longestSide, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 80, effort: 3 })
    .toBuffer();
  return { webp };
}

parentPort?.on('message', (request: PictureRequest) => {
  answer(request).then(
    (found) => parentPort?.postMessage(found),
    (error: Error) => parentPort?.postMessage({ failure: SHORT.test(error.message) ? 'failed' : 'unreadable' }),
  );
});
