import { parentPort } from 'node:worker_threads';
import sharp from 'sharp';
import type { PictureSize } from './images.ts';

export interface PictureRequest {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Absent: only measured. */
  readonly longestSide?: number;
  readonly maxPixels: number;
}

/** Empty when the picture could not be read. */
export interface PictureAnswer {
  readonly size?: PictureSize;
  readonly webp?: Uint8Array;
}

const MAX_SECONDS = 5;

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
    () => parentPort?.postMessage({}),
  );
});
