import type { OutgoingError } from './outgoing.ts';

/** A name that leads where nothing may be sent. */
export class Forbidden extends Error {
  override readonly name = 'Forbidden';
}

export class NotResolved extends Error {
  override readonly name = 'NotResolved';
}

const byCode: Readonly<Record<string, OutgoingError>> = {
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
  ETIMEDOUT: 'connect_timeout',
  ECONNREFUSED: 'connection_refused',
  EHOSTUNREACH: 'connection_refused',
  ENETUNREACH: 'connection_refused',
  ECONNRESET: 'connection_closed',
  EPIPE: 'connection_closed',
  UND_ERR_SOCKET: 'connection_closed',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'connection_closed',
  EPROTO: 'tls',
  UND_ERR_HEADERS_OVERFLOW: 'not_http',
};

/** A word for what kept a request from being answered: what else the error says stays here. */
export function errorOf(error: unknown): OutgoingError {
  if (error instanceof AggregateError) return errorOf(error.errors[0]);
  if (error instanceof Forbidden) return 'forbidden_address';
  if (error instanceof NotResolved) return 'name_not_resolved';
  const { name, code = '', cause } = (error ?? {}) as { name?: unknown; code?: unknown; cause?: unknown };
  const found = byCode[String(code)];
  if (found) return found;
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(String(code))) return 'tls';
  if (name === 'HTTPParserError') return 'not_http';
  return cause === undefined || cause === error ? 'not_sent' : errorOf(cause);
}
