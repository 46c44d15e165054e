import type { IncomingHttpHeaders } from 'node:http';
import type { FileAnswer } from '../answer.ts';
import { AppError } from '../errors.ts';
import { isUnchanged } from './conditional.ts';
import { dispositionOf } from './disposition.ts';
import { type ByteRange, hasAlready, holdsStill, rangeOf } from './ranges.ts';

/** How an answer of bytes is sent: what its head says, and which part goes with it. */
export interface BytesPlan {
  readonly status: 200 | 206 | 304;
  readonly headers: string[];
  readonly range: ByteRange | undefined;
}

/** Whoever keeps the bytes asks each time whether he still may have them. */
export const FILE_CACHING = 'private, no-cache';
// What is opened as a page of its own: pictures, sound and film show, nothing runs.
const PAGE =
  "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

/** Decides what of the bytes is sent, by the conditions and the range of the request; throws 416. */
export function planBytes(file: FileAnswer, method: string | undefined, asked: IncomingHttpHeaders): BytesPlan {
  const etag = `"${file.digest}"`;
  const headers = [
    ...['etag', etag],
    ...['last-modified', new Date(file.modifiedAt).toUTCString()],
    ...['accept-ranges', 'bytes'],
    ...['cache-control', FILE_CACHING],
    ...['content-security-policy', PAGE],
    ...['cross-origin-resource-policy', file.isShared ? 'cross-origin' : 'same-origin'],
  ];
  const conditions = { ifNoneMatch: asked['if-none-match'], ifModifiedSince: asked['if-modified-since'] };
  if (hasAlready(conditions, (tags) => isUnchanged(tags, `W/${etag}`), file.modifiedAt))
    return { status: 304, headers, range: undefined };
  headers.push('content-type', file.type, 'content-disposition', dispositionOf(file.filename, file.isInline));
  const isHeeded = method === 'GET' && holdsStill(asked['if-range'] as string | undefined, etag, file.modifiedAt);
  const range = isHeeded ? rangeOf(asked.range, file.size) : undefined;
  if (range === 'unsatisfiable') throw new AppError('RANGE_NOT_SATISFIABLE', { size: file.size });
  const part = range ?? { from: 0, to: file.size - 1 };
  headers.push('content-length', `${part.to - part.from + 1}`);
  if (range) headers.push('content-range', `bytes ${range.from}-${range.to}/${file.size}`);
  return { status: range ? 206 : 200, headers, range: method === 'HEAD' ? undefined : part };
}

/** There are fewer bytes than the head of the answer has promised. */
export class BytesMissing extends Error {
  override readonly name = 'BytesMissing';
}

/** The same bytes; throws at their end when they are fewer than the range, as the client would wait for the rest. */
export async function* whole(bytes: AsyncIterable<Buffer>, { from, to }: ByteRange): AsyncGenerator<Buffer> {
  let missing = to - from + 1;
  for await (const chunk of bytes) {
    missing -= chunk.length;
    yield chunk;
  }
  if (missing > 0) throw new BytesMissing(`${missing} bytes are missing`);
}
