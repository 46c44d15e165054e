import type { IncomingMessage } from 'node:http';

/** What may follow a refused body and is thrown away, so that its sender gets to read the refusal. */
const MAX_DISCARDED = 32 * 1024 * 1024;

/** Reads on without keeping anything: an answer that closes the connection under the sender is often never read. */
export function discard(incoming: IncomingMessage): void {
  let left = MAX_DISCARDED;
  incoming.on('error', () => {});
  incoming.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) incoming.destroy();
  });
  // One that was taken off a pipe has stopped, and with it its connection.
  incoming.resume();
}
