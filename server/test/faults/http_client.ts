import { Agent, type IncomingMessage, request } from 'node:http';
import type { Form } from '../harness/form.ts';

// biome-ignore lint/suspicious/noExplicitAny: a reply has whatever shape its route has
type Data = any;

export interface HttpReply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  /** `data` of a success, `error` of a refusal. */
  readonly data: Data;
}

/** Each rejects when the answer did not arrive whole: whether the request was carried out is not known then. */
export interface HttpClient {
  call(method: string, path: string, token?: string, body?: unknown): Promise<HttpReply>;
  upload(path: string, token: string, form: Form): Promise<HttpReply>;
  download(path: string, token: string): Promise<{ readonly status: number; readonly bytes: Buffer }>;
  close(): void;
}

/** When to stop waiting for bytes that do not come. */
const HANG_MS = 10_000;

interface Sent {
  readonly timeout?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

interface Received {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Buffer;
}

/** Real connections, kept alive, to one server. */
export function connectTo(url: string): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });

  function send(method: string, path: string, token: string | undefined, { headers = {}, body, timeout }: Sent) {
    const all: Record<string, string | number> = { ...headers };
    if (token) all.authorization = `Bearer ${token}`;
    if (body) all['content-length'] = body.length;
    const target = /^\/(readyz|health)/.test(path) ? path : `/api/v1${path}`;
    return new Promise<Received>((resolve, reject) => {
      const sent = request(`${url}${target}`, { method, agent, headers: all }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          if (!response.complete) return reject(new Error('The answer was cut off'));
          resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(chunks) });
        });
      });
      if (timeout !== undefined) sent.setTimeout(timeout, () => sent.destroy(new Error('Nothing comes any more')));
      sent.on('error', reject);
      sent.end(body);
    });
  }

  return {
    call: async (method, path, token, body) => {
      const json = { 'content-type': 'application/json' };
      const sent = body === undefined ? {} : { headers: json, body: Buffer.from(JSON.stringify(body)) };
      return readJson(await send(method, path, token, sent));
    },
    upload: async (path, token, form) => readJson(await send('POST', path, token, form)),
    download: (path, token) => send('GET', path, token, { timeout: HANG_MS }),
    close: () => agent.destroy(),
  };
}

function readJson({ status, headers, bytes }: Received): HttpReply {
  const parsed = bytes.length === 0 ? undefined : JSON.parse(bytes.toString());
  return { status, headers, data: parsed?.data ?? parsed?.error ?? parsed };
}
