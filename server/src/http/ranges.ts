/** Bytes from … to, both included. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The one range a `Range` header asks for (RFC 9110 §14). `undefined` where there is none to heed: another unit, several ranges, or
 * something that is no range; then all is sent. `unsatisfiable` when none of it is there.
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { from: size - length, to: size - 1 };
  }
  if (last !== '' && Number(last) < Number(first)) return undefined;
  if (Number(first) >= size) return 'unsatisfiable';
  return { from: Number(first), to: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

/** Whether `If-Range` lets the range through: the very tag, or the very date, of what is there. */
export function holdsStill(ifRange: string | undefined, etag: string, modifiedAt: number): boolean {
  if (ifRange === undefined) return true;
  if (ifRange.trim().startsWith('"')) return ifRange.trim() === etag;
  return Date.parse(ifRange) === seconds(modifiedAt);
}

/** Whether what the caller has is what is there: by its tag, or by its date where it names no tag (RFC 9110 §13.2.2). */
export function hasAlready(
  { ifNoneMatch, ifModifiedSince }: { ifNoneMatch: string | undefined; ifModifiedSince: string | undefined },
  isSame: (ifNoneMatch: string) => boolean,
  modifiedAt: number,
): boolean {
  if (ifNoneMatch !== undefined) return isSame(ifNoneMatch);
  return ifModifiedSince !== undefined && seconds(modifiedAt) <= Date.parse(ifModifiedSince);
}

/** Dates of HTTP have no milliseconds. */
const seconds = (ms: number) => Math.floor(ms / 1_000) * 1_000;
