import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { openRedis, type SharedRedis } from '../../src/adapters/redis/redis.ts';
import { type RedisServer, redisBinary, startRedis } from '../redis_server.ts';

const RATE = { limit: 60, windowMs: 60_000, burst: 3 };
const binary = redisBinary();

for (const redis of binary === undefined ? [] : [binary])
  describe('limits that are counted in Redis', () => {
    let server: RedisServer;
    let direct: Redis;
    let shared: SharedRedis;
    const lines: string[] = [];
    const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
    const open = (url: string) => openRedis({ url, prefix: 'test:', now: Date.now, log });
    before(async () => {
      server = await startRedis(redis);
      direct = new Redis(server.url);
      shared = await open(server.url);
      while (!shared.channel.isUp) await sleep(10);
    });
    after(async () => {
      await shared.close();
      direct.disconnect();
      await server.close();
    });
    const take = (key: string) => shared.limiter.take(key, RATE);
    const key = (name: string) => `test:limit:${name}`;

    test('allow the burst, and say when there is more; a key is gone when that is', async () => {
      const verdicts = [];
      for (let n = 0; n < 4; n++) verdicts.push(await take('plain'));
      assert.deepEqual(
        verdicts.map(({ allowed, remaining }) => [allowed, remaining]),
        [
          [true, 2],
          [true, 1],
          [true, 0],
          [false, 0],
        ],
      );
      const { retryAfterMs } = verdicts[3] ?? assert.fail();
      assert.ok(retryAfterMs > 0 && retryAfterMs <= 1_000);
      const left = await direct.pttl(key('plain'));
      assert.ok(left > 2_000 && left <= 3_000, `${left} ms`);
    });

    for (const written of ['inf', '1e308', '1e15', `${Date.now() + 7_200_000}`, 'nan', '-inf', 'x', ''])
      test(`heal from "${written}", which none of ours has written there, within what the burst takes`, async () => {
        await direct.set(key('odd'), written);
        const { retryAfterMs, remaining, resetAtMs } = await take('odd');
        for (const figure of [retryAfterMs, remaining, resetAtMs]) assert.ok(Number.isFinite(figure), `${figure}`);
        assert.ok(resetAtMs <= Date.now() + 4_000);
        const left = await direct.pttl(key('odd'));
        assert.ok(left > 0 && left <= 3_000, `${left} ms`);
        await direct.del(key('odd'));
      });

    test('a Redis that does not answer is waited for once, not by everybody', async () => {
      server.pause();
      // Those under way wait for their answer; from then on each is counted here.
      await take('paused');
      for (let n = 0; n < 50; n++) assert.ok(!(shared.limiter.take('paused', RATE) instanceof Promise));
      server.goOn();
      for (let tries = 0; (await direct.exists(key('after'))) === 0; tries++) {
        assert.ok(tries < 100, 'it is asked again');
        await sleep(100);
        await take('after');
      }
    });

    test('its password is in no line of the log, and the outage is', async () => {
      await direct.config('SET', 'requirepass', 'the-right-one');
      const closed = await open(server.url.replace('redis://', 'redis://default:the-wrong-one@'));
      while (!lines.some((line) => /WRONGPASS|NOAUTH/.test(line))) await sleep(10);
      await sleep(300);
      await closed.close();
      assert.ok(!lines.join('').includes('the-wrong-one'), lines.join(''));
    });
  });
