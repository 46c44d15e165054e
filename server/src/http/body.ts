import { gunzip } from 'node:zlib';
import type { FastifyRequest } from 'fastify';
import type { Config } from '../config.ts';
import { AppError, invalidField } from '../errors.ts';
import { readJson } from './json.ts';

type Done = (error: Error | null, body?: unknown) => void;
type Incoming = FastifyRequest['raw'];

const AUTH = '/api/v1/auth/';
/** What may follow a refused body and is thrown away, so that its sender gets to read the refusal. */
const MAX_DISCARDED = 32 * 1024 * 1024;
/** A body that cannot be made smaller grows a little when it is packed. */
const GZIP_MARGIN = 1_024;

/** Fastify's parser for every media type: JSON is read, plain or gzipped; of anything else only nothing at all is taken. */
export function createBodyParser(config: Config): (request: FastifyRequest, payload: Incoming, done: Done) => void {
  return (request, incoming, done) => {
    const limit = request.call.route?.path.startsWith(AUTH) ? config.MAX_AUTH_BODY_BYTES : config.MAX_BODY_BYTES;
    const coding = codingOf(incoming.headers['content-encoding']);
    collect(incoming, coding === 'gzip' ? limit + GZIP_MARGIN : limit, limit, (...[error, bytes]) => {
      if (error) return done(error);
      if (bytes.length === 0) return done(null, {});
      if (!isJson(incoming.headers['content-type'])) return done(unsupported({ allowed: ['application/json'] }));
      if (coding === 'unknown') return done(unsupported({ allowed_encodings: ['gzip'] }));
      if (coding === 'gzip') return unpack(bytes, limit, done);
      parse(bytes, done);
    });
  };
}

function parse(bytes: Buffer, done: Done) {
  let value: unknown;
  try {
    value = readJson(bytes);
  } catch (error) {
    return done(error as Error);
  }
  done(null, value);
}

function unpack(bytes: Buffer, limit: number, done: Done) {
  // Stops as soon as the limit is passed, however much would follow.
  gunzip(bytes, { maxOutputLength: limit }, (error, unpacked) => {
    if (!error) return parse(unpacked, done);
    done(
      (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
        ? tooLarge(limit)
        : invalidField('body', 'malformed_gzip'),
    );
  });
}

type Collected = (...result: [error: null, bytes: Buffer] | [error: Error]) => void;

function collect(incoming: Incoming, most: number, limit: number, done: Collected) {
  if (Number(incoming.headers['content-length'] ?? 0) > most) {
    discard(incoming);
    return done(tooLarge(limit));
  }
  const chunks: Buffer[] = [];
  let length = 0;
  const stop = () => {
    incoming.off('data', onData);
    incoming.off('end', onEnd);
    incoming.off('error', onError);
  };
  const onData = (chunk: Buffer) => {
    length += chunk.length;
    if (length <= most) return void chunks.push(chunk);
    stop();
    discard(incoming);
    done(tooLarge(limit));
  };
  const onEnd = () => {
    stop();
    done(null, chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length));
  };
  const onError = () => {
    stop();
    done(new AppError('REQUEST_TIMEOUT'));
  };
  incoming.on('data', onData);
  incoming.on('end', onEnd);
  incoming.on('error', onError);
}

/** Reads on without keeping anything: an answer that closes the connection under the sender is often never read. */
function discard(incoming: Incoming): void {
  let left = MAX_DISCARDED;
  incoming.on('error', () => {});
  incoming.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) incoming.destroy();
  });
}

const tooLarge = (limit: number) => new AppError('PAYLOAD_TOO_LARGE', { max_bytes: limit });
const unsupported = (details: Record<string, unknown>) => new AppError('UNSUPPORTED_MEDIA_TYPE', details);

function codingOf(header: string | undefined): 'none' | 'gzip' | 'unknown' {
  if (header === undefined) return 'none';
  const coding = header.trim().toLowerCase();
  if (coding === '' || coding === 'identity') return 'none';
  return coding === 'gzip' || coding === 'x-gzip' ? 'gzip' : 'unknown';
}

/** `application/json`, in UTF-8 where it says so. */
function isJson(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true;
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  if (type.trim() !== 'application/json') return false;
  return parameters.every((parameter) => {
    const [name = '', value = ''] = parameter.split('=');
    return name.trim() !== 'charset' || /^"?utf-?8"?$/.test(value.trim());
  });
}
