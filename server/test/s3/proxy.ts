import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly size: number;
  readonly sha256: string;
}

const codes: Readonly<Record<number, string>> = {
  403: 'AccessDenied',
  500: 'InternalError',
  501: 'NotImplemented',
  503: 'SlowDown',
};

/** What becomes of a request: it is let through, answered with this status, cut off, never answered, or not to the end. */
export type Fate = 'pass' | 'reset' | 'hang' | 'stall' | number;

export interface Proxy {
  readonly url: string;
  readonly seen: Seen[];
  /** Answers whose reader went away before their end. */
  cut: number;
  /** Decides on each request before its body has come; may change its headers. */
  decide: (asked: IncomingMessage) => Fate | Promise<Fate>;
  close(): Promise<void>;
}

/** Stands between a server and its store, for what a store does not do when it is asked to. */
export async function createProxy(target: string): Promise<Proxy> {
  const seen: Seen[] = [];
  const forward = (incoming: IncomingMessage, response: ServerResponse, isWhole: boolean) => {
    const { method = '', url = '', headers } = incoming;
    const hash = createHash('sha256');
    let size = 0;
    const onward = request(new URL(url, target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      if (isWhole) answer.pipe(response);
      else answer.once('data', (chunk: Buffer) => response.write(chunk.subarray(0, 1)));
      answer.on('error', () => response.destroy());
    });
    response.on('close', () => {
      if (!response.writableFinished) proxy.cut++;
    });
    onward.on('error', () => response.destroy());
    incoming.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      size += chunk.length;
    });
    incoming.on('end', () => seen.push({ method, url, headers, size, sha256: hash.digest('hex') }));
    incoming.pipe(onward);
  };
  const server = createServer(async (incoming, response) => {
    const fate = await proxy.decide(incoming);
    if (fate === 'pass' || fate === 'stall') return forward(incoming, response, fate === 'pass');
    if (fate === 'reset') return void incoming.socket.destroy();
    incoming.resume();
    if (fate === 'hang') return;
    // Whole before it is answered, as a store would do.
    await once(incoming, 'end').catch(() => undefined);
    response.writeHead(fate, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0"?><Error><Code>${codes[fate]}</Code><Message>As it was told</Message></Error>`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: Proxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    cut: 0,
    decide: () => 'pass',
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
