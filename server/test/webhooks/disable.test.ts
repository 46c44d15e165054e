import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { textOf } from '../../src/db/statement.ts';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import { movableClock } from '../harness/auth.ts';
import { type Receiver, settledDelivery, startReceiver, toThisMachine } from './receiver.ts';

const SECOND = 1_000;
const DAY = 86_400 * SECOND;
const answerWith = (receiver: Receiver, status: number) => {
  receiver.answer = (_, response) => response.writeHead(status).end();
};

for (const engine of engines) {
  describe(`receivers that are given up (${engine})`, async () => {
    const clock = movableClock();
    const app = await createTestApp(engine, toThisMachine, { now: clock.now });
    const [receiver, watcher] = [await startReceiver(), await startReceiver()];
    after(app.close);
    after(receiver.close);
    after(watcher.close);
    await app.register('alice');
    const alice = () => app.login('alice');
    const room = await (await alice()).post('/rooms', { name: 'Garden' }, 201);
    const hook = async (url: string, events: string[]) =>
      (await (await alice()).post('/webhooks', { url, events, room_id: room.id }, 201)).id as number;
    const say = async (content: string) =>
      (await (await alice()).post(`/rooms/${room.id}/messages`, { content }, 201)).id;
    const get = async (id: number) => (await alice()).get(`/webhooks/${id}`, 200);
    const put = async (id: number, body: object, status = 200) => (await alice()).put(`/webhooks/${id}`, body, status);
    const newest = async (id: number) => (await (await alice()).get(`/webhooks/${id}/deliveries`, 200)).deliveries[0];
    const attempted = async (id: number, attempts: number) => {
      for (;;) {
        const delivery = await newest(id);
        if (delivery.attempts === attempts) return delivery;
        await sleep(5);
      }
    };
    const rows = (text: string) => app.deps.db.reader.all(textOf(text), []);
    const disabledRows = async (id: number) => ({
      events: (await rows(`select data, actor_id from events where type = 'webhook_disabled' order by id`))
        .map(({ data, actor_id }) => ({ ...JSON.parse(data as string), actor_id }))
        .filter(({ webhook_id }) => webhook_id === id),
      audit: (await rows(`select details from audit_log where action = 'webhook_disabled' order by id`))
        .map(({ details }) => JSON.parse(details as string))
        .filter(({ webhook_id }) => webhook_id === id),
    });
    const watching = await hook(watcher.url, ['webhook_disabled']);
    const toldOf = async (id: number) => {
      const [{ told }] = (await watcher.got(1, ({ told }) => told.data.webhook_id === id)) as [Receiver['received'][0]];
      return told;
    };

    it('one that answers 410 is off at once: told to who asks, audited, and attempted no more', async () => {
      const id = await hook(receiver.url, ['message_sent']);
      answerWith(receiver, 410);
      await say('anybody there?');
      const told = await toldOf(id);
      assert.deepEqual([told.event, told.webhook_id, told.data.reason], ['webhook_disabled', watching, 'gone']);
      assert.deepEqual([told.data.active, told.data.disabled_reason, told.data.actor_id], [false, 'gone', 0]);
      assert.deepEqual(await disabledRows(id), {
        events: [{ webhook_id: id, reason: 'gone', actor_id: 0 }],
        audit: [{ webhook_id: id, reason: 'gone' }],
      });
      const { active, disabled_reason } = await get(id);
      assert.deepEqual([active, disabled_reason], [false, 'gone']);
      const { logs } = await app.admin.get('/admin/audit?action=webhook_disabled', 200);
      assert.deepEqual([logs[0].moderator_id, logs[0].details.reason], [null, 'gone']);
      await say('unheard');
      const { status, response_code, next_attempt_at } = await newest(id);
      assert.deepEqual([status, response_code], ['failed', 410], 'it waits, and nothing has come after it');
      clock.advance(Date.parse(next_attempt_at) - clock.now() + SECOND);
      const before = receiver.received.length;
      const other = await hook(watcher.url, ['message_sent']);
      await say('the worker has looked by now');
      await watcher.got(1, ({ told }) => told.webhook_id === other);
      assert.equal(receiver.received.length, before);
      await (await alice()).delete(`/webhooks/${other}`, 204);
      answerWith(receiver, 204);
      await put(id, { active: true });
      const [, again] = await receiver.got(2, ({ told }) => told.webhook_id === id);
      assert.equal(again?.told.data.content, 'anybody there?');
      assert.equal((await attempted(id, 2)).status, 'delivered');
      await (await alice()).delete(`/webhooks/${id}`, 204);
    });

    it('of four attempts that are answered 410 at the same time one switches it off', async () => {
      const held: ServerResponse[] = [];
      receiver.answer = (_, response) => held.push(response);
      const id = await hook(receiver.url, ['message_sent']);
      for (let n = 0; n < 6; n++) await say(`${n}`);
      await receiver.got(4, ({ told }) => told.webhook_id === id);
      for (const response of held) response.writeHead(410).end();
      await toldOf(id);
      for (;;) {
        const { deliveries } = await (await alice()).get(`/webhooks/${id}/deliveries`, 200);
        const codes = deliveries.map(({ response_code }: { response_code: number }) => response_code);
        if (codes.filter((code: number) => code === 410).length === 4) break;
        await sleep(5);
      }
      assert.equal((await disabledRows(id)).events.length, 1);
      assert.equal(receiver.received.filter(({ told }) => told.webhook_id === id).length, 4);
      await (await alice()).delete(`/webhooks/${id}`, 204);
    });

    it('a test that is answered 410 shows so, and switches nothing off', async () => {
      answerWith(receiver, 410);
      const id = await hook(receiver.url, ['message_sent']);
      const { delivered, status_code } = await (await alice()).post(`/webhooks/${id}/test`, {}, 200);
      assert.deepEqual([delivered, status_code], [false, 410]);
      assert.equal((await get(id)).active, true);
      await (await alice()).delete(`/webhooks/${id}`, 204);
    });

    it('one whose every attempt has failed for five days is off; one that has answered in between is not', async () => {
      answerWith(receiver, 500);
      const id = await hook(receiver.url, ['message_sent']);
      await say('one');
      await attempted(id, 1);
      for (let attempts = 2; attempts <= 5; attempts++) {
        clock.advance(DAY);
        app.deps.webhooks.worker.wake();
        await attempted(id, attempts);
      }
      assert.equal((await get(id)).active, true, 'four days');
      answerWith(receiver, 204);
      assert.equal((await (await alice()).post(`/webhooks/${id}/test`, {}, 200)).delivered, true);
      answerWith(receiver, 500);
      await say('two');
      await attempted(id, 1);
      clock.advance(5 * DAY - SECOND);
      app.deps.webhooks.worker.wake();
      await attempted(id, 2);
      assert.equal((await get(id)).active, true, 'a second less');
      clock.advance(DAY);
      app.deps.webhooks.worker.wake();
      const told = await toldOf(id);
      assert.equal(told.data.reason, 'failing');
      assert.deepEqual((await disabledRows(id)).audit, [{ webhook_id: id, reason: 'failing' }]);
      const on = await put(id, { active: true });
      assert.deepEqual([on.active, on.disabled_reason], [true, null]);
      await settledDelivery(await alice(), id, 1);
      await say('three');
      await attempted(id, 1);
      assert.equal((await get(id)).active, true, 'the days begin anew');
      await (await alice()).delete(`/webhooks/${id}`, 204);
    });

    it('another address begins with a clean record', async () => {
      answerWith(receiver, 500);
      const id = await hook(receiver.url, ['message_sent']);
      await say('one');
      await attempted(id, 1);
      await put(id, { active: false });
      clock.advance(6 * DAY);
      await put(id, { url: `${receiver.url}/elsewhere` });
      await app.deps.db.write('test', (db) => db.run(textOf(`update webhooks set is_active = 1 where id = ${id}`), []));
      app.deps.webhooks.worker.wake();
      await attempted(id, 2);
      assert.equal((await get(id)).active, true);
      await (await alice()).delete(`/webhooks/${id}`, 204);
    });
  });

  describe(`a server that gives nobody up (${engine})`, async () => {
    const clock = movableClock();
    const settings = { ...toThisMachine, WEBHOOK_DISABLE_AFTER_DAYS: '0' };
    const app = await createTestApp(engine, settings, { now: clock.now });
    const receiver = await startReceiver();
    after(app.close);
    after(receiver.close);

    it('leaves on what fails for years', async () => {
      answerWith(receiver, 500);
      const body = { url: receiver.url, events: ['message_sent'], room_id: 1 };
      const { id } = await app.admin.post('/webhooks', body, 201);
      for (const content of ['one', 'two']) {
        const admin = await app.login('admin');
        await admin.post('/rooms/1/messages', { content }, 201);
        await settledDelivery(admin, id, 1);
        assert.equal((await admin.get(`/webhooks/${id}`, 200)).active, true);
        clock.advance(1_000 * DAY);
      }
    });
  });
}
