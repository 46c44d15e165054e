import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Person, Reply } from '../harness/people.ts';
import { announcementFaults } from './announcement.ts';

export interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The body, read. */
  readonly told: Reply['data'];
}

/**
 * A real receiver on a real port, which keeps what it got and answers as it is told to. Closed, it fails if anything it got is not as the
 * OpenAPI document says.
 */
export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** 204 until another is set. */
  answer: (got: Received, response: ServerResponse) => void;
  /** Resolves once so many have come that match. */
  got(count: number, matching?: (got: Received) => boolean): Promise<Received[]>;
  close(): Promise<void>;
}

export async function startReceiver(port = 0): Promise<Receiver> {
  const received: Received[] = [];
  const faults: string[] = [];
  const waiting = new Set<() => void>();
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const got: Received = { headers: request.headers, body, told: body.startsWith('{') ? JSON.parse(body) : undefined };
    received.push(got);
    // Tests also post by themselves, past everything that makes webhooks.
    if (got.told?.event !== undefined || got.headers['x-webhook-event'] !== undefined)
      faults.push(...announcementFaults(got.headers, got.told));
    for (const look of waiting) look();
    receiver.answer(got, response);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    answer: (_, response) => response.writeHead(204).end(),
    got: (count, matching = () => true) =>
      new Promise((resolve) => {
        const look = () => {
          const found = received.filter(matching);
          if (found.length < count) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close').catch(() => undefined);
      assert.deepEqual(faults, []);
    },
  };
  return receiver;
}

/** What a server needs to be allowed to send to receivers on this machine. */
export const toThisMachine = { WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOWED_CIDRS: '127.0.0.0/8,::1' };

/** The deliveries of a webhook once none of the newest so many is still pending. */
export async function settledDelivery(person: Person, webhookId: number, count: number) {
  for (;;) {
    const page = await person.get(`/webhooks/${webhookId}/deliveries`, 200);
    const newest = page.deliveries.slice(0, count);
    if (newest.length === count && newest.every(({ attempts }: { attempts: number }) => attempts > 0)) return page;
    await sleep(5);
  }
}
