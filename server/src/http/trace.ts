/** Version 00 of W3C Trace Context, or a later one that begins like it; ids of zeros only are none. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[\x21-\x7e]*)?$/;
const MAX_LENGTH = 128;

/** The trace a request belongs to, as its `traceparent` says it; null when it says none. What cannot be read is no error, by that standard. */
export function traceparentOf(header: string | string[] | undefined): string | null {
  if (typeof header !== 'string' || header.length > MAX_LENGTH || !TRACEPARENT.test(header)) return null;
  return header.startsWith('00') && header.length !== 55 ? null : header;
}
