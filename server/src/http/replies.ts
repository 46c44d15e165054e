import type { OutgoingHttpHeaders } from 'node:http';
import type { Answer } from '../answer.ts';
import type { Deps } from '../context.ts';
import type { AppError } from '../errors.ts';
import type { Call } from './call.ts';
import { compress, MIN_COMPRESSED } from './compression.ts';
import { etagOf, isUnchanged } from './conditional.ts';
import { failure, success, successOf } from './envelope.ts';
import { pushRateHeaders } from './limits.ts';
import { codingOf, languageOf } from './preferences.ts';
import { refusalOf } from './refusal.ts';
import { logCall } from './request_log.ts';
import { createSerialisers } from './serialise.ts';

/** The one place that writes responses. */
export interface Replies {
  answer(call: Call, answer: Answer): void;
  fail(call: Call, thrown: unknown): void;
  /** Headers that every response has, for those that plugins send. */
  commonHeaders(call: Call): OutgoingHttpHeaders;
}

/** On every response: nothing of this API is a page, a script or to be kept by anybody. */
const security = [
  'x-content-type-options',
  'nosniff',
  'referrer-policy',
  'no-referrer',
  'content-security-policy',
  "default-src 'none'; frame-ancestors 'none'",
  'x-frame-options',
  'DENY',
  'cross-origin-resource-policy',
  'same-origin',
] as const;

const JSON_TYPE = 'application/json; charset=utf-8';

export function createReplies({ config, log, now }: Pick<Deps, 'config' | 'log' | 'now'>): Replies {
  const serialiserOf = createSerialisers();
  const hasPlugins = config.CORS_ORIGINS.length > 0;

  function answer(call: Call, { status, data, json, page, replayed }: Answer) {
    const { route } = call;
    const headers: string[] = [];
    if (replayed) headers.push('idempotent-replayed', 'true');
    if (call.representation && status === 200) headers.push('preference-applied', 'return=representation');
    const schema = route?.answers[status];
    if (schema === undefined) throw new Error(`${route?.path} does not say what it answers with ${status}`);
    if (schema === null) return send(call, status, undefined, headers);
    const shaped = page ? '' : (json ?? serialiserOf(schema)(data));
    if (route?.etag) {
      const etag = etagOf(page ? page.digest : shaped);
      headers.push('etag', etag);
      if (isUnchanged(call.reply.request.raw.headers['if-none-match'], etag))
        return send(call, 304, undefined, headers);
    }
    const body = page ? successOf(page.parts) : bytesIfLarge(route?.plain ? shaped : success(shaped));
    sendCompressed(call, status, body, headers);
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

  function sendCompressed(call: Call, status: number, body: string | Buffer, headers: string[]) {
    if (body.length < MIN_COMPRESSED) return send(call, status, body, headers);
    headers.push('vary', 'accept-encoding');
    const coding = codingOf(call.reply.request.raw.headers['accept-encoding'] as string | undefined);
    if (coding === undefined) return send(call, status, body, headers);
    compress(body, coding, (packed) => {
      if (packed) headers.push('content-encoding', coding);
      send(call, status, packed ?? body, headers);
    });
  }

  function send(call: Call, status: number, body: string | Buffer | undefined, more: string[]): void {
    if (call.answered) return; // the deadline was faster
    call.answered = true;
    const { raw } = call.reply;
    const headers = ['x-request-id', call.id, ...security, 'cache-control', cacheControl(call, status), ...more];
    if (call.limit && call.verdict) pushRateHeaders(headers, call.limit, call.verdict, now());
    if (call.ignored !== undefined) headers.push('x-ignored-parameters', call.ignored);
    if (body !== undefined) headers.push('content-type', JSON_TYPE, 'content-length', `${Buffer.byteLength(body)}`);
    if (hasPlugins) pushPluginHeaders(headers, call);
    raw.writeHead(status, headers);
    raw.end(body);
    logCall(log, call, status);
  }

  function commonHeaders(call: Call): OutgoingHttpHeaders {
    const headers: OutgoingHttpHeaders = { 'x-request-id': call.id, 'cache-control': 'no-store' };
    for (let i = 0; i < security.length; i += 2) headers[security[i] as string] = security[i + 1] as string;
    return headers;
  }

  return { answer, fail, commonHeaders };
}

/** Large texts become bytes once: measuring, hashing and sending a text would each do it again. Small ones are sent with their headers in one piece. */
const bytesIfLarge = (text: string) => (text.length < MIN_COMPRESSED ? text : Buffer.from(text));

function cacheControl(call: Call, status: number): string {
  return call.route?.etag && status < 400 ? 'private, no-cache' : 'no-store';
}

function refusalHeaders({ status, details, retryAfter }: AppError): string[] {
  const headers: string[] = [];
  if (status === 401) headers.push('www-authenticate', 'Bearer');
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
