import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is between a server and its database. */
export interface Line {
  /** The database's, by way of it. */
  readonly url: string;
  /** Nothing comes through any more, with every connection still open; of so many connections, those opened first, or of all and all that come. */
  fallSilent(first?: number): void;
  speak(): void;
  close(): void;
}

/** `delayMs` is how long everything takes, each way. */
export async function openLine(target: string, delayMs = 0): Promise<Line> {
  const { hostname, port } = new URL(target);
  const ends: Socket[] = [];
  let isSilent = false;
  const pass = async (bytes: Buffer | string, to: Socket) => {
    if (delayMs > 0) await sleep(delayMs);
    to.write(bytes);
  };
  const line = createServer((near) => {
    const far = dial(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.push(one);
      one.on('data', (bytes) => void pass(bytes, other));
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
      if (isSilent) one.pause();
    }
  });
  line.listen(0, '127.0.0.1');
  await once(line, 'listening');
  const url = new URL(target);
  url.port = `${(line.address() as AddressInfo).port}`;
  return {
    url: url.href,
    fallSilent: (first) => {
      isSilent = first === undefined;
      for (const end of ends.slice(0, first === undefined ? undefined : 2 * first)) end.pause();
    },
    speak: () => {
      isSilent = false;
      for (const end of ends) end.resume();
    },
    close: () => {
      for (const end of ends) end.destroy();
      line.close();
    },
  };
}
