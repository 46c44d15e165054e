import { brotliCompress, constants, gzip } from 'node:zlib';

/** Below this the headers weigh more than what is saved. */
export const MIN_COMPRESSED = 1_024;

const brotliOptions = {
  params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT },
};
const gzipOptions = { level: 5 };

/** Compresses off the main thread; the callback gets undefined if that failed. */
export function compress(
  body: string | Buffer,
  coding: 'br' | 'gzip',
  done: (packed: Buffer | undefined) => void,
): void {
  const finish = (error: Error | null, packed: Buffer) => done(error ? undefined : packed);
  if (coding === 'br') brotliCompress(body, brotliOptions, finish);
  else gzip(body, gzipOptions, finish);
}
