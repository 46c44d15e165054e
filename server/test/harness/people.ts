import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { LightMyRequestResponse } from 'fastify';
import type { App } from '../../src/app.ts';
import { checkReply } from './contract.ts';
import { formOf } from './form.ts';
import { settled } from './settled.ts';

// What comes back is judged against the OpenAPI document; a test then reads the fields it is about.
// biome-ignore lint/suspicious/noExplicitAny: a reply has whatever shape its route has
type Data = any;
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS';
type Headers = Record<string, string>;

export interface Reply {
  readonly status: number;
  readonly headers: LightMyRequestResponse['headers'];
  readonly text: string;
  readonly bytes: Buffer;
  readonly data: Data;
  readonly error: Data;
}

export interface Upload {
  readonly name: string;
  readonly content: Buffer | string;
  readonly fields?: Readonly<Record<string, string | number>>;
  readonly query?: string;
  readonly headers?: Headers;
}

/** Somebody with a token, or without one; the expected status is an argument of every verb. */
export interface Person {
  readonly id: number;
  readonly username: string;
  readonly token: string;
  readonly refreshToken: string;
  request(method: Method, path: string, options?: { body?: unknown; headers?: Headers }): Promise<Reply>;
  /** `data` of a success, `error` of a refusal. */
  get(path: string, status: number, headers?: Headers): Promise<Data>;
  post(path: string, body: unknown, status: number, headers?: Headers): Promise<Data>;
  put(path: string, body: unknown, status: number, headers?: Headers): Promise<Data>;
  patch(path: string, body: unknown, status: number, headers?: Headers): Promise<Data>;
  delete(path: string, status: number, headers?: Headers): Promise<Data>;
  /** Uploads a file, into a room or conversation that fields or the path's query name. */
  upload(file: Upload, status: number): Promise<Data>;
}

const LOG = '/api/v1/events';
/** Goes on for as long as somebody listens. */
const ENDLESS = '/api/v1/events/stream';

async function beginOf(app: App, request: { method: Method; url: string; headers: Headers }) {
  const response = await app.server.inject({ ...request, payloadAsStream: true });
  const stream = response.stream();
  const isEndless = response.statusCode === 200;
  const chunks: Buffer[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
    if (isEndless) break;
  }
  stream.destroy();
  const rawPayload = Buffer.concat(chunks);
  const body = rawPayload.toString();
  return Object.assign(Object.create(response), { rawPayload, body, payload: body, json: () => JSON.parse(body) });
}

export function person(app: App, session: Data): Person {
  const token: string = session?.access_token ?? '';

  async function request(
    method: Method,
    path: string,
    options: { body?: unknown; headers?: Headers } = {},
  ): Promise<Reply> {
    const url = /^\/(health|healthz|readyz|metrics|(open|async)api\.json|api\/)/.test(path) ? path : `/api/v1${path}`;
    const headers: Headers = { ...(token ? { authorization: `Bearer ${token}` } : {}), ...options.headers };
    const raw = typeof options.body === 'string' || options.body instanceof Buffer;
    if (options.body !== undefined) headers['content-type'] ??= 'application/json';
    const payload =
      options.body === undefined ? {} : { payload: (raw ? options.body : JSON.stringify(options.body)) as string };
    // One that waits is answered with what comes.
    if (url.startsWith(LOG) && !url.includes('wait=')) await settled(app);
    const response = url.startsWith(ENDLESS)
      ? await beginOf(app, { method, url, headers })
      : await app.server.inject({ method, url, headers, ...payload });
    // As between requests over a socket, the loop turns: a long row of refusals alone would never let it, nor anything wait for input.
    await setImmediate();
    checkReply(method, url, response);
    const isJson = String(response.headers['content-type']).includes('json');
    const body =
      isJson && response.rawPayload.length > 0 && !response.headers['content-encoding'] ? response.json() : undefined;
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      bytes: response.rawPayload,
      data: body?.data,
      error: body?.error,
    };
  }

  async function expecting(
    method: Method,
    path: string,
    body: unknown,
    status: number,
    headers?: Headers,
  ): Promise<Data> {
    const reply = await request(method, path, { body, ...(headers ? { headers } : {}) });
    assert.equal(
      reply.status,
      status,
      `${session?.user?.username ?? 'a stranger'}: ${method} ${path} → ${reply.status} ${reply.text}`,
    );
    return reply.error ?? reply.data;
  }

  async function upload({ name, content, fields = {}, query = '', headers }: Upload, status: number): Promise<Data> {
    const file = { name: 'file', filename: name, content };
    const form = formOf([...Object.entries(fields).map(([name, value]) => ({ name, content: `${value}` })), file]);
    return expecting('POST', `/files/upload${query}`, form.body, status, { ...form.headers, ...headers });
  }

  return {
    id: session?.user?.id ?? 0,
    username: session?.user?.username ?? '',
    token,
    refreshToken: session?.refresh_token ?? '',
    request,
    get: (path, status, headers) => expecting('GET', path, undefined, status, headers),
    post: (path, body, status, headers) => expecting('POST', path, body, status, headers),
    put: (path, body, status, headers) => expecting('PUT', path, body, status, headers),
    patch: (path, body, status, headers) => expecting('PATCH', path, body, status, headers),
    upload,
    delete: (path, status, headers) => expecting('DELETE', path, undefined, status, headers),
  };
}
