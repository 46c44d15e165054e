import { gunzip } from 'node:zlib';
import type { FastifyRequest } from 'fastify';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import { codingOf, longestPacked, malformedGzip, unknownCoding } from './coding.ts';
import type { Deadlines } from './deadlines.ts';
import { discard } from './discard.ts';
import { readJson } from './json.ts';

type Done = (error: Error | null, body?: unknown) => void;
type Incoming = FastifyRequest['raw'];

const AUTH = '/api/v1/auth/';

/**
 * Fastify's parser for every media type: JSON is read, plain or gzipped; of anything else only nothing at all is taken. A form is left
 * to its action. The deadlines are those of a body to arrive.
 */
export function createBodyParser(
  config: Config,
  deadlines: Deadlines,
): (request: FastifyRequest, payload: Incoming, done: Done) => void {
  return (request, incoming, done) => {
    if (request.call.route?.form) return done(null, undefined);
    const limit = request.call.route?.path.startsWith(AUTH) ? config.MAX_AUTH_BODY_BYTES : config.MAX_BODY_BYTES;
    const coding = codingOf(incoming.headers['content-encoding']);
    const most = coding === 'gzip' ? longestPacked(limit) : limit;
    collect(incoming, { most, limit, deadlines }, (...[error, bytes]) => {
      if (error) return done(error);
      if (bytes.length === 0) return done(null, {});
      if (!isJson(incoming.headers['content-type'])) return done(unsupported());
      if (coding === 'unknown') return done(unknownCoding());
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
    done((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(limit) : malformedGzip());
  });
}

type Collected = (...result: [error: null, bytes: Buffer] | [error: Error]) => void;

interface Bounds {
  readonly most: number;
  /** As the caller is told it. */
  readonly limit: number;
  readonly deadlines: Deadlines;
}

function collect(incoming: Incoming, { most, limit, deadlines }: Bounds, done: Collected) {
  if (Number(incoming.headers['content-length'] ?? 0) > most) {
    discard(incoming);
    return done(tooLarge(limit));
  }
  const chunks: Buffer[] = [];
  let length = 0;
  const pending = { since: performance.now(), expire: () => onError() };
  const stop = () => {
    deadlines.remove(pending);
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
  deadlines.add(pending);
}

const tooLarge = (limit: number) => new AppError('PAYLOAD_TOO_LARGE', { max_bytes: limit });
const unsupported = () => new AppError('UNSUPPORTED_MEDIA_TYPE', { allowed: ['application/json'] });

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
