import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client that keeps to nothing: it says what it is told to, and answers nothing by itself. */
export interface RawClient {
  readonly socket: Socket;
  /** What the upgrade was answered with, up to the empty line. */
  readonly head: string;
  write(bytes: Buffer | string): void;
  /** Waits for the server's close frame; 0 where the connection ends without one. */
  closed(): Promise<number>;
  /** Texts that came, as JSON. */
  texts(): { type: string; data: Record<string, unknown> }[];
  /** Everything after the head, as text. */
  rest(): string;
  /** Resolves when the server has given the connection up. */
  readonly ended: Promise<void>;
}

interface Bits {
  readonly fin?: boolean;
  readonly reserved?: number;
  readonly masked?: boolean;
  /** What the header says, whatever comes. */
  readonly length?: number;
}

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** One frame as RFC 6455 draws it (5.2), or not quite. */
export function frameBytes(opcode: number, content: Buffer | string, bits: Bits = {}): Buffer {
  const { fin = true, reserved = 0, masked = true } = bits;
  const payload = Buffer.from(content);
  const length = bits.length ?? payload.length;
  const first = Buffer.from([(fin ? 0x80 : 0) | (reserved << 4) | opcode]);
  const mask = masked ? randomBytes(4) : Buffer.alloc(0);
  for (let at = 0; masked && at < payload.length; at++) payload[at] = (payload[at] ?? 0) ^ (mask[at % 4] ?? 0);
  return Buffer.concat([first, lengthBytes(length, masked ? 0x80 : 0), mask, payload]);
}

function lengthBytes(length: number, flag: number): Buffer {
  if (length < 126) return Buffer.from([flag | length]);
  const long = length >= 65_536;
  const bytes = Buffer.alloc(long ? 9 : 3);
  bytes[0] = flag | (long ? 127 : 126);
  if (long) bytes.writeBigUInt64BE(BigInt(length), 1);
  else bytes.writeUInt16BE(length, 1);
  return bytes;
}

export const textFrame = (frame: unknown): Buffer => frameBytes(opcodes.text, JSON.stringify(frame));

/** Connects and asks for an upgrade, with lines of one's own. */
export async function openRaw(url: string, lines: readonly string[] = [], path = '/ws'): Promise<RawClient> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  let bytes = Buffer.alloc(0);
  const news = new EventTarget();
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    news.dispatchEvent(new Event('news'));
  });
  const ended = new Promise<void>((resolve) => {
    for (const event of ['end', 'close'])
      socket.once(event, () => {
        resolve();
        news.dispatchEvent(new Event('news'));
      });
  });
  const key = randomBytes(16).toString('base64');
  const usual = ['Host: veza.test', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
  const own = new Set(lines.map((line) => line.split(':')[0]));
  const kept = [...usual, `Sec-WebSocket-Key: ${key}`].filter((line) => !own.has(line.split(':')[0] as string));
  socket.write(`${[`GET ${path} HTTP/1.1`, ...kept, ...lines].join('\r\n')}\r\n\r\n`);
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  while (!bytes.includes('\r\n\r\n') && !isOver) await once(news, 'news');
  const start = bytes.indexOf('\r\n\r\n') + 4;
  const frames = () => [...framesIn(bytes.subarray(start))];

  return {
    socket,
    head: bytes.subarray(0, start).toString(),
    ended,
    write: (more) => void socket.write(more),
    texts: () =>
      frames()
        .filter(({ opcode }) => opcode === opcodes.text)
        .map(({ payload }) => JSON.parse(payload.toString())),
    rest: () => bytes.subarray(start).toString(),
    closed: async () => {
      for (;;) {
        const close = frames().find(({ opcode }) => opcode === opcodes.close);
        if (close) return close.payload.readUInt16BE(0);
        if (isOver) return 0;
        await once(news, 'news');
      }
    },
  };
}

/** The server's frames are never masked, nor in pieces. */
function* framesIn(bytes: Buffer): Generator<{ opcode: number; payload: Buffer }> {
  for (let at = 0; at + 2 <= bytes.length; ) {
    const short = bytes[at + 1] as number;
    const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
    if (start > bytes.length) return;
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if (start + length > bytes.length) return;
    yield { opcode: (bytes[at] as number) & 15, payload: bytes.subarray(start, start + length) };
    at = start + length;
  }
}
