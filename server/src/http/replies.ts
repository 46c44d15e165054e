import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { pipeline, type Readable } from 'node:stream';
import type { Answer, FileAnswer, Listener, StreamAnswer } from '../answer.ts';
import type { Deps } from '../context.ts';
import type { AppError } from '../errors.ts';
import { BytesMissing, planBytes, whole } from './bytes.ts';
import type { Call } from './call.ts';
import { compress, MIN_COMPRESSED } from './compression.ts';
import { etagOf, isUnchanged } from './conditional.ts';
import { failure, success, successOf } from './envelope.ts';
import { pushRateHeaders } from './limits.ts';
import { codingOf, languageOf } from './preferences.ts';
import { linkHeadOf, mayRedirect } from './redirect.ts';
import { refusalOf } from './refusal.ts';
import { countRequest, type RequestCounts } from './request_counts.ts';
import { logCall } from './request_log.ts';
import { createSerialisers } from './serialise.ts';

/** The one place that writes responses. */
export interface Replies {
  answer(call: Call, answer: Answer): void;
  fail(call: Call, thrown: unknown): void;
  /** Counts what browsers ask first, which a plugin answers. */
  countPreflight(call: Call, status: number): void;
  /** Headers that every response has, for those that plugins send. */
  commonHeaders(call: Call): OutgoingHttpHeaders;
}

/** On every response: nothing of this API is a page or a script. */
const security = [
  ...['x-content-type-options', 'nosniff'],
  ...['referrer-policy', 'no-referrer'],
  ...['x-frame-options', 'DENY'],
];
/** On every one but files, which have their own. */
const closed = [
  ...['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ...['cross-origin-resource-policy', 'same-origin'],
];

const JSON_TYPE = 'application/json; charset=utf-8';

export function createReplies(
  { config, log, now }: Pick<Deps, 'config' | 'log' | 'now'>,
  requests: RequestCounts,
): Replies {
  const serialiserOf = createSerialisers();
  const hasPlugins = config.CORS_ORIGINS.length > 0;

  function answer(call: Call, { status, data, json, text, page, file, stream, replayed }: Answer) {
    const { route } = call;
    if (file) return sendFile(call, file);
    if (stream) return sendStream(call, stream);
    const headers: string[] = [];
    if (replayed) headers.push('idempotent-replayed', 'true');
    if (call.representation && status === 200) headers.push('preference-applied', 'return=representation');
    const schema = route?.answers[status];
    if (schema === undefined) throw new Error(`${route?.path} does not say what it answers with ${status}`);
    if (schema === null) return send(call, status, undefined, headers);
    const shaped = page ? '' : (text ?? json ?? serialiserOf(schema)(data));
    if (route?.etag) {
      const etag = etagOf(page ? page.digest : shaped);
      headers.push('etag', etag);
      if (isUnchanged(call.reply.request.raw.headers['if-none-match'], etag))
        return send(call, 304, undefined, headers);
    }
    const body = page ? successOf(page.parts) : bytesIfLarge(route?.plain ? shaped : success(shaped));
    sendCompressed(call, status, body, headers, route?.mediaType);
  }

  function fail(call: Call, thrown: unknown): void {
    const error = refusalOf(thrown);
    const headers = refusalHeaders(error);
    // What we refuse on purpose, such as when overloaded, is no fault to look into.
    if (error.status >= 500 && thrown !== error)
      log.error({ req: call.id, err: thrown, code: error.code }, 'request failed');
    const language = languageOf(call.reply.request.raw.headers['accept-language']);
    send(call, error.status, failure(error, language, call.id, now()), headers);
  }

  function sendCompressed(call: Call, status: number, body: string | Buffer, headers: string[], type?: string) {
    if (body.length < MIN_COMPRESSED) return send(call, status, body, headers, type);
    headers.push('vary', 'accept-encoding');
    const coding = codingOf(call.reply.request.raw.headers['accept-encoding'] as string | undefined);
    if (coding === undefined) return send(call, status, body, headers, type);
    compress(body, coding, (packed) => {
      if (packed) headers.push('content-encoding', coding);
      send(call, status, packed ?? body, headers, type);
    });
  }

  /** Reading starts before the head is written, so that what cannot be read is refused; from then on the reader sets the pace. */
  function sendFile(call: Call, file: FileAnswer): void {
    const { raw } = call.reply;
    const asked = call.reply.request.raw.headers;
    const plan = planBytes(file, call.reply.request.method, asked);
    if (file.link !== undefined && mayRedirect(file, plan, asked)) {
      const go = (location: string) => send(call, 302, undefined, ['location', location, 'content-length', '0']);
      return void file.link(linkHeadOf(file)).then(go, (error) => fail(call, error));
    }
    const { status, headers, range } = plan;
    const head = () => writeHead(call, status, headers);
    if (call.answered) return;
    if (range === undefined) {
      head();
      return void raw.end();
    }
    const begin = (content: Readable) => {
      if (call.answered || raw.destroyed) return void content.destroy();
      head();
      // Who goes away in between is nothing to complain of; a disk that fails, or has less than it should, cuts the answer short.
      pipeline(
        content,
        (bytes: Readable) => whole(bytes, range),
        raw,
        (error) => {
          if (error instanceof BytesMissing) log.error({ req: call.id, err: error }, 'a file has lost bytes');
          else if (error) log.debug({ req: call.id, err: error }, 'a download ended early');
        },
      );
    };
    file.open(range.from, range.to).then(begin, (error) => fail(call, error));
  }

  function sendStream(call: Call, stream: StreamAnswer): void {
    const { raw } = call.reply;
    if (call.answered || raw.destroyed) return;
    // Proxies that gather what passes would keep events back.
    writeHead(call, 200, [
      ...closed,
      'cache-control',
      'no-store',
      'content-type',
      stream.type,
      'x-accel-buffering',
      'no',
    ]);
    if (call.reply.request.method === 'HEAD') return void raw.end();
    raw.flushHeaders();
    stream.begin(listenerOf(raw));
  }

  function send(call: Call, status: number, body: string | Buffer | undefined, more: string[], type = JSON_TYPE): void {
    if (call.answered) return; // the deadline was faster
    const headers = [...closed, 'cache-control', cacheControl(call, status), ...more];
    if (body !== undefined) headers.push('content-type', type, 'content-length', `${Buffer.byteLength(body)}`);
    writeHead(call, status, headers);
    call.reply.raw.end(body);
  }

  function writeHead(call: Call, status: number, more: string[]): void {
    call.answered = true;
    const headers = ['x-request-id', call.id, ...security, ...more];
    if (call.limit && call.verdict) pushRateHeaders(headers, call.limit, call.verdict, now());
    if (call.ignored !== undefined) headers.push('x-ignored-parameters', call.ignored);
    if (hasPlugins) pushPluginHeaders(headers, call);
    call.reply.raw.writeHead(status, headers);
    count(call, status);
    logCall(log, call, status);
  }

  function count(call: Call, status: number, counts = call.counts): void {
    const counted = counts ?? requests.ofUnrouted('unknown', call.reply.request.method);
    countRequest(counted, status, performance.now() - call.startedAt);
  }

  function commonHeaders(call: Call): OutgoingHttpHeaders {
    const headers: OutgoingHttpHeaders = { 'x-request-id': call.id, 'cache-control': 'no-store' };
    const all = [...security, ...closed];
    for (let i = 0; i < all.length; i += 2) headers[all[i] as string] = all[i + 1] as string;
    return headers;
  }

  const countPreflight = (call: Call, status: number) =>
    count(call, status, requests.ofUnrouted('preflight', 'OPTIONS'));

  return { answer, fail, countPreflight, commonHeaders };
}

/** Large texts become bytes once: measuring, hashing and sending a text would each do it again. Small ones are sent with their headers in one piece. */
const bytesIfLarge = (text: string) => (text.length < MIN_COMPRESSED ? text : Buffer.from(text));

function listenerOf(raw: ServerResponse): Listener {
  return {
    get waiting() {
      return raw.writableLength;
    },
    get written() {
      const { bytesWritten = 0, writableLength = 0 } = raw.socket ?? {};
      // What the answer still holds back has not come to the socket.
      return bytesWritten - writableLength + raw.writableLength;
    },
    write: (text) => void raw.write(text),
    drained: () =>
      new Promise((resolve) => {
        if (raw.destroyed || !raw.writableNeedDrain) return resolve();
        const settle = () => {
          raw.off('drain', settle);
          raw.off('close', settle);
          resolve();
        };
        raw.once('drain', settle);
        raw.once('close', settle);
      }),
    end: () => void raw.end(),
    cut: () => void raw.destroy(),
  };
}

function cacheControl(call: Call, status: number): string {
  return call.route?.etag && status < 400 ? 'private, no-cache' : 'no-store';
}

function refusalHeaders({ status, details, retryAfter }: AppError): string[] {
  const headers: string[] = [];
  if (status === 401) headers.push('www-authenticate', 'Bearer');
  // What still comes of a body that took too long is not waited for.
  if (status === 408) headers.push('connection', 'close');
  if (status === 416) headers.push('content-range', `bytes */${details.size}`);
  if (status === 405) headers.push('allow', (details.allowed as string[]).join(', '));
  if (retryAfter !== undefined) headers.push('retry-after', `${Math.ceil(retryAfter)}`);
  return headers;
}

/** What the CORS plugin has set on the way here. */
function pushPluginHeaders(headers: string[], { reply }: Call): void {
  const set = reply.getHeaders();
  for (const name in set) {
    if (name === 'vary' || name.startsWith('access-control-')) headers.push(name, String(set[name]));
  }
}
