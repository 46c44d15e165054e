import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

/** What a receiver does with a connection once a request has come. */
export type Deed = (socket: Socket) => void;

/** How an attempt at it ends, as the delivery shows it: the status and the word. Undefined: not while anybody waits for it. */
type End = readonly [status: number | null, error: string | null] | undefined;

interface Kind {
  readonly deed: Deed;
  readonly ends: End;
  /** Does it as soon as somebody connects. */
  readonly atOnce?: true;
}

const says = (text: string, ends: End): Kind => ({ deed: (socket) => socket.end(text, 'latin1'), ends });
const answers = (status: string, more = '') => `HTTP/1.1 ${status}\r\ncontent-length: 0\r\n${more}\r\n`;

/** Says more every so often, until nobody listens any more. */
const keepsSaying =
  (first: string, more: string, everyMs: number): Deed =>
  (socket) => {
    socket.write(first);
    const timer = setInterval(() => socket.writableNeedDrain || socket.write(more), everyMs);
    socket.on('close', () => clearInterval(timer));
  };

const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024));
const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

export const kinds: Readonly<Record<string, Kind>> = {
  'hangs before its headers': { deed: () => undefined, ends: undefined },
  'hangs within its headers': { deed: (socket) => socket.write('HTTP/1.1 200 OK\r\nx: '), ends: undefined },
  'hangs after its headers': {
    deed: (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n'),
    ends: undefined,
  },
  'a byte a second': {
    deed: keepsSaying('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n', 'x', 1_000),
    ends: undefined,
  },
  'informs for ever': {
    deed: keepsSaying('', 'HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n'.repeat(100), 20),
    ends: undefined,
  },
  'a body without end': { deed: keepsSaying(CHUNKED, `4000\r\n${'y'.repeat(0x4000)}\r\n`, 1), ends: [200, null] },
  'a gzip bomb': {
    deed: (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`);
      socket.end(bomb);
    },
    ends: [200, null],
  },
  'leads to the metadata': says(answers('307 There', 'location: http://169.254.169.254/latest\r\n'), [
    307,
    'redirect_not_followed',
  ]),
  'leads to itself by a private name': says(answers('301 There', 'location: http://localhost/\r\n'), [
    301,
    'redirect_not_followed',
  ]),
  'resets when somebody connects': {
    deed: (socket) => socket.resetAndDestroy(),
    atOnce: true,
    ends: [null, 'connection_closed'],
  },
  'closes without a word': { deed: (socket) => socket.end(), ends: [null, 'connection_closed'] },
  'resets within its answer': {
    deed: (socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf', () =>
        setTimeout(() => socket.resetAndDestroy(), 20),
      ),
    ends: [200, 'connection_closed'],
  },
  'closes within its answer': says('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 9\r\n\r\nhalf', [
    200,
    'connection_closed',
  ]),
  gone: says(answers('410 Gone'), [410, 'not_2xx']),
  'asks for a year': says(answers('429 Slow down', 'retry-after: 31536000\r\n'), [429, 'not_2xx']),
  'asks for a date': says(answers('503 Later', 'retry-after: Thu, 01 Jan 2099 00:00:00 GMT\r\n'), [503, 'not_2xx']),
  'fails with a long word': says(`HTTP/1.1 500 ${'no '.repeat(1_000)}\r\ncontent-length: 0\r\n\r\n`, [500, 'not_2xx']),
  'no content, with content': says('HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello', [204, null]),
  'no HTTP': says('220 smtp.example ready\r\n', [null, 'not_http']),
  'HTTP of before there were headers': says('<html>thanks</html>', [null, 'not_http']),
  'headers without end': {
    deed: keepsSaying('HTTP/1.1 200 OK\r\n', `x-more: ${'z'.repeat(4_000)}\r\n`, 1),
    ends: [null, 'not_http'],
  },
  'an answer within a header': says(
    'HTTP/1.1 500 No\r\nx: a\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n',
    [500, 'not_2xx'],
  ),
  'a header with a NUL': says('HTTP/1.1 200 OK\r\nx: a\u0000b\r\ncontent-length: 0\r\n\r\n', [null, 'not_http']),
  'two lengths': says('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab', [
    null,
    'connection_closed',
  ]),
  'chunks of nonsense': says(`${CHUNKED}zz\r\nnonsense\r\n`, [200, 'not_http']),
  'a status of its own': says('HTTP/1.1 999 Beyond\r\ncontent-length: 0\r\n\r\n', [999, 'not_2xx']),
};
