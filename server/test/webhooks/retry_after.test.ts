import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import { movableClock } from '../harness/auth.ts';
import { settledDelivery, startReceiver, toThisMachine } from './receiver.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** What a first failure waits where nothing is asked for. */
const USUAL = [4 * SECOND, 6 * SECOND] as const;
const exactly = (ms: number) => [ms, ms] as const;
const dateIn = (ms: number) => new Date(Date.now() + ms).toUTCString();

type Case = readonly [status: number, asked: string | string[], wait: readonly [number, number]];

interface Delivery {
  readonly status: string;
  readonly attempts: number;
  readonly next_attempt_at: string | null;
}

/** What is answered, and how far it puts the next attempt off. */
const cases: readonly Case[] = [
  [429, '60', exactly(MINUTE)],
  [503, '120', exactly(2 * MINUTE)],
  [503, '007', exactly(7 * SECOND)],
  [429, '3600', exactly(HOUR)],
  [429, '3601', exactly(HOUR)],
  [503, '999999999', exactly(HOUR)],
  [503, '9'.repeat(400), exactly(HOUR)],
  [429, '0', USUAL],
  [429, '-60', USUAL],
  [429, '+60', USUAL],
  [429, '1e9', USUAL],
  [429, '60.5', USUAL],
  [429, '0x3c', USUAL],
  [429, '60s', USUAL],
  [429, '60, 120', USUAL],
  [429, 'Infinity', USUAL],
  [429, '', USUAL],
  [429, 'later, in 2099', USUAL],
  [429, '2099-01-01T00:00:00Z', USUAL],
  [429, 'Thu, 01 Jan 2099 00:00:00 +0100', USUAL],
  [429, '\u00b2', USUAL],
  [503, dateIn(-HOUR), USUAL],
  [503, 'Thu, 01 Jan 1970 00:00:00 GMT', USUAL],
  [503, dateIn(30 * MINUTE), [29 * MINUTE, 30 * MINUTE]],
  [503, 'Thu, 01 Jan 2099 00:00:00 GMT', exactly(HOUR)],
  [503, ['90', '30'], exactly(90 * SECOND)],
  [503, ['soon', '90'], USUAL],
  [500, '60', USUAL],
  [404, '60', USUAL],
  [302, '60', USUAL],
];

for (const engine of engines) {
  describe(`receivers that ask for time (${engine})`, async () => {
    const clock = movableClock();
    const app = await createTestApp(engine, toThisMachine, { now: clock.now });
    const receiver = await startReceiver();
    after(app.close);
    after(receiver.close);
    const alice = await app.register('alice');
    const room = await alice.post('/rooms', { name: 'Garden' }, 201);
    const hook = () => alice.post('/webhooks', { url: receiver.url, events: ['message_sent'], room_id: room.id }, 201);
    const say = (content: string) => alice.post(`/rooms/${room.id}/messages`, { content }, 201);
    /** The newest delivery once it is as wanted. */
    async function newest(id: number, isWanted: (delivery: Delivery) => boolean): Promise<Delivery> {
      for (;;) {
        const [delivery] = (await alice.get(`/webhooks/${id}/deliveries`, 200)).deliveries;
        if (isWanted(delivery)) return delivery;
        await sleep(5);
      }
    }

    it('get it, up to an hour, when they ask in a way that means something', async () => {
      const made = await hook();
      receiver.answer = ({ told }, response) => {
        const [status, asked] = cases[Number(told.data.content)] as Case;
        response.writeHead(status, { 'retry-after': asked as string }).end();
      };
      for (const place of cases.keys()) await say(`${place}`);
      const got = await receiver.got(cases.length);
      const { deliveries } = await settledDelivery(alice, made.id, cases.length);
      assert.equal(deliveries.length, cases.length);
      for (const { event_id, status, response_code, next_attempt_at } of deliveries) {
        const place = Number(got.find(({ told }) => told.id === event_id)?.told.data.content);
        const [code, asked, [least, most]] = cases[place] as Case;
        assert.deepEqual([status, response_code], ['failed', code]);
        const wait = Date.parse(next_attempt_at) - clock.now();
        assert.ok(wait >= least && wait <= most, `${code} ${String(asked).slice(0, 40)}: ${wait}`);
      }
      await alice.delete(`/webhooks/${made.id}`, 204);
    });

    it('are not asked again before it, and are after it; the usual wait is no shorter for it', async () => {
      const made = await hook();
      const before = receiver.received.length;
      receiver.answer = (_, response) => response.writeHead(503, { 'retry-after': '60' }).end();
      await say('wait for it');
      await newest(made.id, ({ attempts }) => attempts === 1);
      clock.advance(59 * SECOND);
      app.deps.webhooks.worker.wake();
      // Somebody else’s delivery, asked for later, comes first: the worker has looked by then.
      const other = await startReceiver();
      const barrier = await alice.post(
        '/webhooks',
        { url: other.url, events: ['message_sent'], room_id: room.id },
        201,
      );
      await alice.patch(`/webhooks/${made.id}`, { events: ['user_banned'] }, 200);
      await say('meanwhile');
      await settledDelivery(alice, barrier.id, 1);
      assert.equal(receiver.received.length, before + 1);
      clock.advance(1 * SECOND);
      app.deps.webhooks.worker.wake();
      await receiver.got(before + 2);
      const second = await newest(made.id, ({ attempts }) => attempts === 2);
      const wait = Date.parse(second.next_attempt_at ?? '') - clock.now();
      assert.ok(wait >= 4 * MINUTE && wait <= 6 * MINUTE, `${wait}`);
      receiver.answer = (_, response) => response.writeHead(204, { 'retry-after': '60' }).end();
      clock.advance(6 * MINUTE);
      app.deps.webhooks.worker.wake();
      await receiver.got(before + 3);
      const last = await newest(made.id, ({ status }) => status === 'delivered');
      assert.equal(last.next_attempt_at, null);
      await other.close();
    });
  });
}
