import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PEOPLE } from '../seed/shape.ts';

export interface BareRequest {
  readonly roomId: number;
  /** Of the path; empty when there is none. */
  readonly query: string;
  /** Which of the people calls: each connection is one. */
  readonly place: number;
  /** Text of the body, empty for a GET. */
  readonly body: string;
}

type Answer = (body: string | Buffer) => void;

const place = Symbol('place');

/** node:http and nothing else: no routes, no checks, no headers but the body's type and length. */
export async function listenBare(status: number, handle: (request: BareRequest, answer: Answer) => void) {
  const taken = new Set<number>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => handle(read(request, chunks), (body) => write(response, status, body)));
  });
  server.on('connection', (socket) => {
    // The first that is free: whoever comes back is who he was.
    let free = 0;
    while (taken.has(free)) free++;
    taken.add(free);
    socket.once('close', () => taken.delete(free));
    Object.assign(socket, { [place]: free % PEOPLE });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function read(request: IncomingMessage, chunks: Buffer[]): BareRequest {
  const { url = '' } = request;
  const mark = url.indexOf('?');
  const end = url.indexOf('/', ROOMS.length);
  return {
    roomId: Number(url.slice(ROOMS.length, end)),
    query: mark === -1 ? '' : url.slice(mark + 1),
    place: (request.socket as unknown as { [place]: number })[place],
    body: chunks.length === 0 ? '' : (chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString(),
  };
}

const ROOMS = '/api/v1/rooms/';

function write(response: ServerResponse, status: number, body: string | Buffer) {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
