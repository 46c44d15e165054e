import { Agent, request } from 'node:http';

// biome-ignore lint/suspicious/noExplicitAny: a reply has whatever shape its route has
type Data = any;

export interface HttpReply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  /** `data` of a success, `error` of a refusal. */
  readonly data: Data;
}

export interface HttpClient {
  /** Rejects when the answer did not arrive whole: whether the request was carried out is not known then. */
  call(method: string, path: string, token?: string, body?: unknown): Promise<HttpReply>;
  close(): void;
}

/** Real connections, kept alive, to one server. */
export function connectTo(url: string): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  return {
    call: (method, path, token, body) =>
      new Promise((resolve, reject) => {
        const text = body === undefined ? undefined : JSON.stringify(body);
        const headers: Record<string, string | number> = {};
        if (token) headers.authorization = `Bearer ${token}`;
        if (text !== undefined) {
          headers['content-type'] = 'application/json';
          headers['content-length'] = Buffer.byteLength(text);
        }
        const target = /^\/(readyz|health)/.test(path) ? path : `/api/v1${path}`;
        const sent = request(`${url}${target}`, { method, agent, headers }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            if (!response.complete) return reject(new Error('The answer was cut off'));
            const answer = Buffer.concat(chunks).toString();
            const parsed = answer === '' ? undefined : JSON.parse(answer);
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              data: parsed?.data ?? parsed?.error ?? parsed,
            });
          });
        });
        sent.on('error', reject);
        sent.end(text);
      }),
    close: () => agent.destroy(),
  };
}
