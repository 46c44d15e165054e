import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { send } from '../../src/modules/webhooks/attempt.ts';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { settledDelivery, startReceiver, toThisMachine } from './receiver.ts';

for (const engine of engines) {
  describe(`receivers that do not answer (${engine})`, async () => {
    const app = await createTestApp(engine, toThisMachine);
    const [slow, quick] = [await startReceiver(), await startReceiver()];
    after(app.close);
    after(slow.close);
    after(quick.close);
    const alice = await app.register('alice');
    const room = await alice.post('/rooms', { name: 'Garden' }, 201);
    const hook = (url: string) => alice.post('/webhooks', { url, events: ['message_sent'], room_id: room.id }, 201);

    it('hold four places of their own and delay nobody else; each message comes in the end, once', async () => {
      const held: ServerResponse[] = [];
      let most = 0;
      slow.answer = (_, response) => {
        held.push(response);
        most = Math.max(most, held.length);
      };
      const hanging = await hook(slow.url);
      const other = await hook(quick.url);
      const ids: number[] = [];
      for (let n = 0; n < 20; n++)
        ids.push((await alice.post(`/rooms/${room.id}/messages`, { content: `${n}` }, 201)).id);
      const got = await quick.got(20);
      assert.deepEqual(
        got.map(({ told }) => told.data.id).sort((a, b) => a - b),
        ids,
      );
      await settledDelivery(alice, other.id, 20);
      assert.equal(slow.received.length, 4);
      slow.answer = (_, response) => response.writeHead(204).end();
      for (const response of held.splice(0)) response.writeHead(204).end();
      const late = await slow.got(20);
      assert.equal(most, 4);
      assert.deepEqual(new Set(late.map(({ told }) => told.data.id)), new Set(ids));
      await settledDelivery(alice, hanging.id, 20);
      assert.equal(slow.received.length, 20);
    });

    it('tests of webhooks that hang take nobody else’s place, and are few at a time', async () => {
      const busy = await createTestApp(engine, {
        ...toThisMachine,
        MAX_RUNNING_REQUESTS: '4',
        MAX_WAITING_REQUESTS: '0',
      });
      await busy.server.listen({ host: '127.0.0.1', port: 0 });
      const deaf = await startReceiver();
      const held: ServerResponse[] = [];
      deaf.answer = (_, response) => held.push(response);
      const [bob, carol] = [await busy.register('bob'), await busy.register('carol')];
      const { id: room_id } = await bob.post('/rooms', { name: 'Shed' }, 201);
      const made = [1, 2].map(() => bob.post('/webhooks', { url: deaf.url, events: ['*'], room_id }, 201));
      const [one, other] = await Promise.all(made);
      const { port } = busy.server.server.address() as { port: number };
      const call = (person: Person, method: string, path: string) =>
        fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
          method,
          headers: { authorization: `Bearer ${person.token}` },
        });
      const tests = Array.from({ length: 4 }, () => call(bob, 'POST', `/webhooks/${one.id}/test`));
      await deaf.got(4);
      const refused = await call(bob, 'POST', `/webhooks/${other.id}/test`);
      assert.equal(refused.status, 503);
      assert.equal(refused.headers.get('retry-after'), '5');
      assert.match(await refused.text(), /too_many_tests/);
      for (let n = 0; n < 5; n++) assert.equal((await call(carol, 'GET', '/users/me')).status, 200);
      for (const response of held) response.writeHead(204).end();
      for (const test of tests) assert.equal((await test).status, 200);
      assert.equal(held.length, 4);
      await busy.close();
      await deaf.close();
    });

    it('nothing is sent while WEBHOOK_DELIVERY is off, and nothing is lost', async () => {
      const copy = await createTestApp(engine, { ...toThisMachine, WEBHOOK_DELIVERY: 'off' });
      const receiver = await startReceiver();
      const body = { url: receiver.url, events: ['message_sent'], room_id: 1 };
      const made = await copy.admin.post('/webhooks', body, 201);
      await copy.admin.post('/rooms/1/messages', { content: 'later' }, 201);
      await sleep(50);
      const { deliveries } = await copy.admin.get(`/webhooks/${made.id}/deliveries`, 200);
      assert.deepEqual([deliveries[0].status, deliveries[0].attempts, receiver.received.length], ['pending', 0, 0]);
      await copy.deps.webhooks.worker.start();
      await receiver.got(1);
      await copy.close();
      await receiver.close();
    });

    it('a webhook over http is not told of anything once http is no longer allowed', async () => {
      const before = quick.received.length;
      const { vault } = app.deps.webhooks;
      const secrets = { secret: vault.seal('a secret of sixteen'), next_secret: null, next_secret_at: null };
      const sendable = { url: quick.url, secrets, messageId: 'evt_1', body: '{}' };
      const strict = { ...app.deps, config: { ...app.deps.config, WEBHOOK_ALLOW_HTTP: false } };
      const outcome = await send(strict, { ...sendable, event: 'message_sent', traceparent: null });
      assert.deepEqual([outcome.error, outcome.statusCode], ['http_not_allowed', null]);
      assert.equal(quick.received.length, before);
    });

    it('a server that ends cuts them off: what was under way does not count', async () => {
      const one = await createTestApp(engine, { ...toThisMachine, DRAIN_SECONDS: '0' });
      const deaf = await startReceiver();
      deaf.answer = () => undefined;
      const body = { url: deaf.url, events: ['message_sent'], room_id: 1 };
      const made = await one.admin.post('/webhooks', body, 201);
      await one.admin.post('/rooms/1/messages', { content: 'anybody there?' }, 201);
      await deaf.got(1);
      await one.deps.webhooks.worker.stop(0);
      const [{ attempts, status, next_attempt_at, created_at }] = (
        await one.admin.get(`/webhooks/${made.id}/deliveries`, 200)
      ).deliveries;
      assert.deepEqual([attempts, status], [0, 'pending']);
      assert.ok(Date.parse(next_attempt_at) >= Date.parse(created_at));
      assert.ok(Date.parse(next_attempt_at) <= Date.now(), 'it may be made again at once');
      await one.close();
      await deaf.close();
    });
  });
}
