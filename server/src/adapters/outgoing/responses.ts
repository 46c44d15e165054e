import type { Readable } from 'node:stream';

/** Of an answer so much is read, and so much kept. */
const READ_BYTES = 64 * 1024;
const KEPT_BYTES = 1024;

/** The beginning of an answer, as a text that any database takes. What is longer than READ_BYTES is given up. */
export async function readExcerpt(body: Readable): Promise<string> {
  const kept: Buffer[] = [];
  let read = 0;
  for await (const chunk of body) {
    const bytes = chunk as Buffer;
    if (read < KEPT_BYTES) kept.push(bytes.subarray(0, KEPT_BYTES - read));
    read += bytes.length;
    if (read > READ_BYTES) break; // leaving the loop destroys the stream, and its connection with it
  }
  const text = new TextDecoder().decode(Buffer.concat(kept), { stream: true }).replaceAll(CONTROLS, '\ufffd');
  // What is no UTF-8 has become longer.
  return new TextDecoder().decode(Buffer.from(text).subarray(0, KEPT_BYTES), { stream: true });
}

/** What a database, or a terminal, would not take as text. */
const CONTROLS = /[^\P{Cc}\t\r\n]/gu;

/** As RFC 9110 has it sent; `Date.parse` alone would find a date in nearly any text. */
const HTTP_DATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/;

/** `Retry-After`, in seconds or as a date, as milliseconds from now; null when there is none, or none that makes sense. */
export function retryAfterOf(header: string | string[] | undefined, now = Date.now()): number | null {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return null;
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const at = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
