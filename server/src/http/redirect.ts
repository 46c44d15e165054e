import type { IncomingHttpHeaders } from 'node:http';
import type { LinkHead } from '../adapters/blobs/blobs.ts';
import type { FileAnswer } from '../answer.ts';
import { type BytesPlan, FILE_CACHING } from './bytes.ts';
import { dispositionOf } from './disposition.ts';

/** What browsers open as a page of its own, by what they say a request is for (Fetch Metadata). */
const PAGES: ReadonlySet<unknown> = new Set(['document', 'iframe', 'frame', 'embed', 'object']);

/**
 * Whether the place of the bytes may send them itself. What a browser would show as a page stays here, where the headers keep it in a
 * sandbox; so does a part whose condition is our tag, which that place does not know.
 */
export function mayRedirect(file: FileAnswer, { range }: BytesPlan, asked: IncomingHttpHeaders): boolean {
  if (file.link === undefined || range === undefined) return false;
  if (file.isInline && PAGES.has(asked['sec-fetch-dest'])) return false;
  return asked['if-range'] === undefined || range.to - range.from + 1 === file.size;
}

/** There it is saved in any case: pages that show pictures, sound or film in themselves do not heed that. */
export function linkHeadOf(file: FileAnswer): LinkHead {
  return { type: file.type, disposition: dispositionOf(file.filename, false), cacheControl: FILE_CACHING };
}
