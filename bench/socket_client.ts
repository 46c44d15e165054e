import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** The client's side of a socket, with as little as it takes to count what comes: the machine has to bear thousands of them. */
export interface RawClient {
  readonly socket: Socket;
  readonly heard: HeardMessages;
  send(frame: object): void;
}

/** What one socket has heard. */
export interface HeardMessages {
  readonly ids: ReadonlySet<number>;
  readonly lastEventId: string;
  add(payload: Buffer): void;
}

function heardMessages(): HeardMessages {
  const ids = new Set<number>();
  let lastEventId = '0';
  return {
    ids,
    get lastEventId() {
      return lastEventId;
    },
    add: (payload) => {
      const { data } = JSON.parse(payload.toString()) as { data: { id: number; event_id: string } };
      ids.add(data.id);
      lastEventId = data.event_id;
    },
  };
}

const MESSAGE = Buffer.from('{"type":"room_message"');
const SUCCESS = Buffer.from('{"type":"auth_success"');

interface Heard {
  /** A message in a room. */
  message(payload: Buffer): void;
  /** Let in. */
  known(): void;
}

/** Opens a socket; resolves once it is a WebSocket. */
export function openRaw(port: number, heard: Heard): Promise<RawClient> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    socket.once('error', reject);
    socket.write(
      `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    let rest: Buffer = Buffer.alloc(0);
    let isOpen = false;
    socket.on('data', (chunk: Buffer) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      if (!isOpen) {
        const end = rest.indexOf('\r\n\r\n');
        if (end === -1) return;
        isOpen = true;
        rest = rest.subarray(end + 4);
        resolve({ socket, heard: heardMessages(), send: (frame) => void socket.write(masked(JSON.stringify(frame))) });
      }
      rest = readFrames(rest, (opcode, payload) => {
        if (opcode === 9) socket.write(PONG);
        else if (payload.subarray(0, MESSAGE.length).equals(MESSAGE)) heard.message(payload);
        else if (payload.subarray(0, SUCCESS.length).equals(SUCCESS)) heard.known();
      });
    });
  });
}

/** Hands out whole frames; returns what is left. */
function readFrames(bytes: Buffer, frame: (opcode: number, payload: Buffer) => void): Buffer {
  let from = 0;
  for (;;) {
    if (bytes.length - from < 2) break;
    const short = (bytes[from + 1] as number) & 0x7f;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (bytes.length - from < start) break;
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(from + 2) : Number(bytes.readBigUInt64BE(from + 2));
    if (bytes.length - from < start + length) break;
    frame((bytes[from] as number) & 0x0f, bytes.subarray(from + start, from + start + length));
    from += start + length;
  }
  return from === bytes.length ? EMPTY : bytes.subarray(from);
}

const EMPTY = Buffer.alloc(0);
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

/** Masked with zeroes: the text as it is. */
function masked(text: string): Buffer {
  const payload = Buffer.from(text);
  const head =
    payload.length < 126
      ? Buffer.from([0x81, 0x80 | payload.length])
      : Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}
