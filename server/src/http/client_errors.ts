import type { Socket } from 'node:net';
import type { Config } from '../config.ts';
import { AppError, invalidField } from '../errors.ts';
import { answerUnderWay, rawRefusal } from './raw_refusal.ts';
import { countRequest, type RequestCounts } from './request_counts.ts';

// Fastify's type has the packet as JSON would show it; it is a Buffer.
type ClientError = Error & { code?: string; rawPacket?: unknown };

const LINGER_MS = 1_000;

interface Parts {
  readonly config: Config;
  readonly now: () => number;
  readonly newId: () => string;
  readonly requests: RequestCounts;
}

/** Answers, in the envelope, what never became a request: bytes that are not HTTP, headers too large, headers or body too late. */
export function onClientError({ config, now, newId, requests }: Parts): (error: ClientError, socket: Socket) => void {
  const counts = requests.ofUnrouted('malformed', '');
  return (error, socket) => {
    if (socket.writableEnded) return; // told already; what still comes is thrown away until the time is up
    // Half an answer may be on its way already: another one behind it would be read as its rest.
    if (error.code === 'ECONNRESET' || !socket.writable || answerUnderWay(socket)?.headersSent)
      return void socket.destroy(error);
    const refusal = refusalOf(error, config);
    // How long it has been on its way nobody knows.
    countRequest(counts, refusal.status, 0);
    socket.end(rawRefusal(refusal, { language: 'en', requestId: newId(), now: now() }));
    // Closed at once, under a sender that still sends, the answer would often never be read.
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  };
}

function refusalOf(error: ClientError, config: Config): AppError {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return new AppError('REQUEST_TIMEOUT');
  if (error.code !== 'HPE_HEADER_OVERFLOW') return invalidField('request', 'malformed_http');
  return isLongLine(error.rawPacket, config.MAX_URL_BYTES)
    ? new AppError('URI_TOO_LONG', { max_bytes: config.MAX_URL_BYTES })
    : new AppError('HEADERS_TOO_LARGE', { max_bytes: config.MAX_HEADER_BYTES });
}

/** Whether the request line alone, with its first byte in this packet, is longer than an address may be. */
function isLongLine(packet: unknown, maxUrlBytes: number): boolean {
  if (!Buffer.isBuffer(packet) || !/^[A-Z]{3,10} \//.test(packet.toString('latin1', 0, 12))) return false;
  const end = packet.indexOf('\r\n');
  return end === -1 ? packet.length > maxUrlBytes : end > maxUrlBytes + 20;
}
