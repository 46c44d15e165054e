import { once } from 'node:events';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { connect } from 'node:http2';
import { request as requestTls } from 'node:https';
import { json } from 'node:stream/consumers';

// A reply has whatever shape its route has.
// biome-ignore lint/suspicious/noExplicitAny: a test reads the fields it is about
type Data = any;

export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** `data` of a success, `error` of a refusal; undefined where it is not the server's. */
  readonly data: Data;
}

export interface Asking {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The address of this machine that it comes from: all of 127.0.0.0/8 are. */
  readonly from?: string;
}

/** One request over a connection of its own. */
export async function ask(url: string, method: string, path: string, asking: Asking = {}): Promise<Reply> {
  const { token, body, headers = {}, from } = asking;
  const isRaw = body instanceof Buffer;
  const bytes = body === undefined ? undefined : isRaw ? body : Buffer.from(JSON.stringify(body));
  const request = url.startsWith('https') ? requestTls : requestPlain;
  const sent = request(`${url}/api/v1${path}`, {
    method,
    agent: false,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(bytes === undefined ? {} : { 'content-length': bytes.length }),
      ...(bytes === undefined || isRaw ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(from === undefined ? {} : { localAddress: from }),
  });
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  // What is refused by its length may be cut off while it is still on its way.
  sent.on('error', () => undefined);
  sent.end(bytes);
  const [response] = await answered;
  return { status: response.statusCode ?? 0, headers: response.headers, data: await dataOf(response) };
}

async function dataOf(response: IncomingMessage): Promise<Data> {
  const parsed = (await json(response).catch(() => undefined)) as Data;
  return parsed?.data ?? parsed?.error ?? parsed;
}

/** An event stream over HTTP/2, as browsers have it behind a proxy; resolves with what came until the text was in it. */
export async function streamOverHttp2(url: string, token: string, until: () => Promise<string>): Promise<string> {
  const session = connect(url);
  const stream = session.request({ ':path': '/api/v1/events/stream', authorization: `Bearer ${token}` });
  let came = '';
  let awaited: string | undefined;
  for await (const chunk of stream) {
    came += chunk;
    awaited ??= await until();
    if (came.includes(awaited)) break;
  }
  session.destroy();
  return came;
}

/** One request, of which this status is expected. */
export async function expecting(
  status: number,
  url: string,
  method: string,
  path: string,
  asking?: Asking,
): Promise<Data> {
  const reply = await ask(url, method, path, asking);
  if (reply.status !== status) throw new Error(`${method} ${path} → ${reply.status} ${JSON.stringify(reply.data)}`);
  return reply.data;
}
