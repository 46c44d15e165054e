import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { createComplaint } from '../../complaint.ts';
import type { Channel } from '../../db/channel.ts';
import type { Limiter } from '../limiter/limiter.ts';
import { createMemoryLimiter } from '../limiter/memory.ts';
import { createRedisChannel } from './channel.ts';
import { createRedisLimiter } from './limiter.ts';

export interface RedisOptions {
  readonly url: string;
  readonly prefix: string;
  readonly now: () => number;
  readonly log: Logger;
}

/** What several processes share through Redis or Valkey. Nothing is kept there that would be missed: it may be stopped or emptied at any time. */
export interface SharedRedis {
  readonly channel: Channel;
  readonly limiter: Limiter;
  close(): Promise<void>;
}

const CONNECT_MS = 2_000;
/** An answer that has not come by then will not be waited for. */
const ANSWER_MS = 500;
const SILENT_MS = 12_000;
const LONGEST_PAUSE_MS = 1_000;

const AWAY = 'Redis does not answer; limits are counted here alone, and the others are heard of by looking';

export async function openRedis({ url, prefix, now, log }: RedisOptions): Promise<SharedRedis> {
  const { Redis } = await import('ioredis');
  const complain = createComplaint(log, 'warn', AWAY);
  const open = (role: 'commands' | 'bus'): Redis => {
    const client = new Redis(url, {
      connectionName: `veza-${role}`,
      connectTimeout: CONNECT_MS,
      // One that hears nothing, not even what this process tells, is dead.
      ...(role === 'bus' ? { socketTimeout: SILENT_MS } : {}),
      commandTimeout: ANSWER_MS,
      // Without a connection a command fails at once, and what it was for is done without Redis.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      // What is asked in one turn of the loop goes in one packet.
      enableAutoPipelining: true,
      retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, LONGEST_PAUSE_MS),
    });
    // The library's errors carry the command that failed, and with it the password.
    client.on('error', ({ message }: Error) => complain(new Error(message)));
    client.on('ready', () => log.info({ connection: role }, 'Redis answers'));
    return client;
  };
  const [commands, listener] = [open('commands'), open('bus')];
  return {
    channel: createRedisChannel({ commands, listener, name: `${prefix}nodes` }),
    limiter: createRedisLimiter({ commands, prefix, local: createMemoryLimiter(now) }),
    close: async () => {
      commands.disconnect();
      listener.disconnect();
    },
  };
}
