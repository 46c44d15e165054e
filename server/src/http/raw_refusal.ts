import type { AppError } from '../errors.ts';
import { failure } from './envelope.ts';

/** The answer that is being given on a connection. Node's own handler looks at the same field: there is no public one. */
export const answerUnderWay = (socket: object): { readonly headersSent?: boolean } | null | undefined =>
  (socket as { _httpMessage?: { headersSent?: boolean } | null })._httpMessage;

interface About {
  readonly language: 'en' | 'fr';
  readonly requestId: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** A refusal in the envelope, as the bytes of an answer after which the connection is closed: for what the HTTP server has no reply for. */
export function rawRefusal(error: AppError, { language, requestId, now }: About): string {
  const body = failure(error, language, requestId, now);
  const head = [
    `HTTP/1.1 ${error.status} ${reasonOf(error)}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    `X-Request-Id: ${requestId}`,
    ...(error.retryAfter === undefined ? [] : [`Retry-After: ${Math.ceil(error.retryAfter)}`]),
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

/** Any text may stand there (RFC 9112, 4), and loading the usual ones with `node:http` takes 15 MiB (docs/performance.md). */
const reasonOf = ({ code }: AppError): string =>
  code
    .toLowerCase()
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
