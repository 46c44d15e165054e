import { isUtf8 } from 'node:buffer';

/** What is known of a file once it has passed, beside its hash. */
export interface Inspection {
  readonly size: number;
  /** Its first bytes. */
  readonly head: Buffer;
  /** Its last bytes, which may be the first ones too. */
  readonly tail: Buffer;
  /** `utf-8` or, for other texts without control characters, `unknown`. */
  readonly text: 'utf-8' | 'unknown' | undefined;
}

const HEAD = 64 * 1024;
/** The directory of a zip stands at its end. */
const TAIL = 128 * 1024;

/** Looks at bytes as they pass: `content` gives them on unchanged and raises what `refuse` does at too many; `result` is for afterwards. */
export function inspect(source: AsyncIterable<Buffer>, most: number, refuse: () => Error) {
  const head: Buffer[] = [];
  let tail: Buffer[] = [];
  let tailSize = 0;
  let size = 0;
  const text = createTextCheck();

  async function* content(): AsyncIterable<Buffer> {
    for await (const chunk of source) {
      if (size < HEAD) head.push(Buffer.from(chunk.subarray(0, HEAD - size)));
      size += chunk.length;
      if (size > most) throw refuse();
      tail.push(chunk);
      tailSize += chunk.length;
      while (tailSize - (tail[0] as Buffer).length >= TAIL) tailSize -= (tail.shift() as Buffer).length;
      text.add(chunk);
      yield chunk;
    }
  }

  return {
    content: content(),
    result: (): Inspection => {
      const end = Buffer.concat(tail).subarray(-TAIL);
      tail = [];
      return { size, head: Buffer.concat(head), tail: end, text: text.verdict() };
    },
  };
}

/** Judges texts of any length piece by piece; a character that is cut by the end of a piece waits for the next one. */
function createTextCheck() {
  let isWell = true;
  let isQuiet = true;
  let rest = Buffer.alloc(0);
  return {
    add: (chunk: Buffer) => {
      if (isQuiet && hasControls(chunk)) isQuiet = false;
      // A text of another encoding has none either, so that nothing more can be learnt.
      if (!isQuiet || !isWell) return;
      const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      const whole = bytes.length - cutLength(bytes);
      isWell = isUtf8(bytes.subarray(0, whole));
      rest = Buffer.from(bytes.subarray(whole));
    },
    verdict: (): Inspection['text'] => {
      if (!isQuiet) return undefined;
      return isWell && rest.length === 0 ? 'utf-8' : 'unknown';
    },
  };
}

/** Bytes at the end that begin a character whose rest is not there. */
function cutLength(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

/** Anything below a space but tab, line ends, form feed and escape; delete too. */
function hasControls(bytes: Buffer): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte === 0x7f) return true;
    if (byte < 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09 && byte !== 0x0c && byte !== 0x1b) return true;
  }
  return false;
}
