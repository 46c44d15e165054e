import type { Redis } from 'ioredis';
import type { Channel } from '../../db/channel.ts';

interface Options {
  readonly commands: Redis;
  /** Hears, and can do nothing else. */
  readonly listener: Redis;
  readonly name: string;
}

/** Published texts are bounded by what a client may be behind (client-output-buffer-limit pubsub, 8 MiB for a minute). */
const LONGEST = 256 * 1024;

export function createRedisChannel({ commands, listener, name }: Options): Channel {
  const returns: (() => void)[] = [];
  let isListening = false;
  listener.on('close', () => {
    isListening = false;
  });
  listener.on('ready', () => {
    listener.subscribe(name).then(
      () => {
        isListening = true;
        for (const back of returns) back();
      },
      () => listener.disconnect(true),
    );
  });
  return {
    publish: async (text) => void (await commands.publish(name, text)),
    listen: (heard) => void listener.on('message', (_channel: string, text: string) => heard(text)),
    onBack: (back) => void returns.push(back),
    get isUp() {
      return isListening && commands.status === 'ready';
    },
    longest: LONGEST,
  };
}
