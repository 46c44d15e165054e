import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownCtx } from '../../src/context.ts';
import { textOf } from '../../src/db/statement.ts';
import { forgetDeliveries, forgetLeftDeliveries } from '../../src/modules/webhooks/forget.ts';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import { movableClock } from '../harness/auth.ts';
import { settledDelivery, startReceiver, toThisMachine } from './receiver.ts';

const DAY = 86_400_000;

for (const engine of engines) {
  describe(`what is kept of deliveries (${engine})`, async () => {
    const clock = movableClock();
    const settings = { ...toThisMachine, WEBHOOK_KEPT_DAYS: '7', ACCESS_TOKEN_SECONDS: '86400' };
    const app = await createTestApp(engine, settings, { now: clock.now });
    const receiver = await startReceiver();
    after(app.close);
    after(receiver.close);
    const { db } = app.deps;
    const alice = await app.register('alice');
    const { id: room } = await alice.post('/rooms', { name: 'Garden' }, 201);
    const hook = () => alice.post('/webhooks', { url: receiver.url, events: ['message_sent'], room_id: room }, 201);
    const say = (content: string) => alice.post(`/rooms/${room}/messages`, { content }, 201);
    const rows = (text: string) => db.reader.all(textOf(text), []);
    const deliveries = async () => (await rows('select id from deliveries order by id')).length;

    it('those that are too old are dropped, with their bodies, and no others', async () => {
      const made = await hook();
      await say('old');
      await settledDelivery(alice, made.id, 1);
      clock.advance(4 * DAY);
      const later = await app.login('alice');
      await later.post(`/rooms/${room}/messages`, { content: 'newer' }, 201);
      await settledDelivery(later, made.id, 2);
      const forget = () => forgetDeliveries(ownCtx(app.deps, 'test'));
      await forget();
      assert.equal(await deliveries(), 2);
      clock.advance(4 * DAY);
      await forget();
      const [left, ...more] = await rows('select body from deliveries');
      assert.match(String(left?.body), /newer/);
      assert.deepEqual(more, []);
      await (await app.login('alice')).delete(`/webhooks/${made.id}`, 204);
    });

    it('those of a webhook that is gone are dropped, however many, and no others', async () => {
      const owner = await app.login('alice');
      const make = () => owner.post('/webhooks', { url: receiver.url, events: ['message_sent'], room_id: room }, 201);
      const [one, other] = [await make(), await make()];
      await owner.post(`/rooms/${room}/messages`, { content: 'to both' }, 201);
      for (const { id } of [one, other]) await settledDelivery(owner, id, 1);
      const copied = `webhook_id, event_id, message_id, event, status, attempts, step, due_at, created_at`;
      await db.write('fill', async (writer) => {
        const many = `with recursive n(n) as (select 1 union all select n + 1 from n where n < 1200)`;
        await writer.run(
          textOf(
            `insert into deliveries (${copied}) ${many} select ${copied} from deliveries, n where webhook_id = ${one.id}`,
          ),
          [],
        );
      });
      await owner.delete(`/webhooks/${one.id}`, 204);
      await owner.get(`/webhooks/${one.id}/deliveries`, 404);
      await forgetLeftDeliveries(ownCtx(app.deps, 'test'));
      const left = await rows('select webhook_id from deliveries');
      assert.deepEqual(left, [{ webhook_id: other.id }]);
      await owner.delete(`/webhooks/${other.id}`, 204);
    });

    it('one that cannot be made ends, and keeps no other waiting', async () => {
      const owner = await app.login('alice');
      const made = await owner.post('/webhooks', { url: receiver.url, events: ['message_sent'], room_id: room }, 201);
      await app.deps.webhooks.worker.stop(0);
      const { id: broken } = await owner.post(`/rooms/${room}/messages`, { content: 'broken' }, 201);
      await owner.post(`/rooms/${room}/messages`, { content: 'whole' }, 201);
      await db.write('harm', (writer) =>
        writer.run(textOf(`update events set data = '{' where message_id = ${broken}`), []),
      );
      await app.deps.webhooks.worker.start();
      const [got] = await receiver.got(1, ({ told }) => told.webhook_id === made.id);
      assert.equal(got?.told.data.content, 'whole');
      const settled = async () => (await owner.get(`/webhooks/${made.id}/deliveries`, 200)).deliveries;
      let found = await settled();
      while (found.some(({ status }: { status: string }) => status === 'pending')) {
        await sleep(5);
        found = await settled();
      }
      const shown = found.map(({ status, error, next_attempt_at }: Record<string, unknown>) => [
        status,
        error,
        next_attempt_at,
      ]);
      assert.deepEqual(shown, [
        ['delivered', null, null],
        ['exhausted', 'not_sent', null],
      ]);
      await db.write('mend', (writer) =>
        writer.run(textOf(`update events set data = '{}' where message_id = ${broken}`), []),
      );
      await owner.delete(`/webhooks/${made.id}`, 204);
    });

    it('one of an event that only a newer version knows is left to a node that can make it', async () => {
      const owner = await app.login('alice');
      const made = await owner.post('/webhooks', { url: receiver.url, events: ['message_sent'], room_id: room }, 201);
      await app.deps.webhooks.worker.stop(0);
      const { id: newer } = await owner.post(`/rooms/${room}/messages`, { content: 'newer' }, 201);
      await owner.post(`/rooms/${room}/messages`, { content: 'known' }, 201);
      const setType = (type: string) =>
        db.write('type', (writer) =>
          writer.run(textOf(`update events set type = '${type}' where message_id = ${newer}`), []),
        );
      await setType('message_sung');
      await app.deps.webhooks.worker.start();
      const [known] = await receiver.got(1, ({ told }) => told.webhook_id === made.id);
      assert.equal(known?.told.data.content, 'known');
      const [state] = await rows(
        `select status, attempts, body, due_at from deliveries where status = 'pending' and webhook_id = ${made.id}`,
      );
      assert.deepEqual([state?.status, Number(state?.attempts), state?.body], ['pending', 0, null]);
      // As a node of the newer version would find it once the claim is over.
      await app.deps.webhooks.worker.stop(0);
      await setType('message_sent');
      clock.advance(Math.max(0, Number(state?.due_at) - clock.now()) + 1);
      await app.deps.webhooks.worker.start();
      const [, later] = await receiver.got(2, ({ told }) => told.webhook_id === made.id);
      assert.equal(later?.told.data.content, 'newer');
      await owner.delete(`/webhooks/${made.id}`, 204);
    });

    if (engine === 'postgres')
      it('one that is claimed while somebody wants it sent again is left to whoever claimed it', async () => {
        const owner = await app.login('alice');
        const made = await owner.post('/webhooks', { url: receiver.url, events: ['message_sent'], room_id: room }, 201);
        await owner.post(`/rooms/${room}/messages`, { content: 'once' }, 201);
        const { deliveries } = await settledDelivery(owner, made.id, 1);
        const [{ id }] = deliveries;
        const [held, claimed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        const claim = db.write('claim', async (writer) => {
          await writer.run(textOf(`update deliveries set claimed_by = 'another' where id = ${id}`), []);
          claimed.resolve();
          await held.promise;
        });
        await claimed.promise;
        const again = owner.post(`/webhooks/${made.id}/deliveries/${id}/redeliver`, {}, 409);
        const waiting = `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
        while ((await rows(waiting)).length === 0) await sleep(5);
        held.resolve();
        await claim;
        assert.equal((await again).details.reason, 'being_delivered');
        const [left] = await rows(`select status, claimed_by, due_at from deliveries where id = ${id}`);
        assert.deepEqual(left, { status: 'delivered', claimed_by: 'another', due_at: null });
        await owner.delete(`/webhooks/${made.id}`, 204);
      });

    it('a test under way is not sent again; one that a restart has cut off may be', async () => {
      const owner = await app.login('alice');
      const made = await owner.post('/webhooks', { url: receiver.url, events: ['message_sent'], room_id: room }, 201);
      const held: ServerResponse[] = [];
      receiver.answer = (_, response) => held.push(response);
      const told = owner.post(`/webhooks/${made.id}/test`, {}, 200);
      await receiver.got(1, (got) => got.told.webhook_id === made.id);
      const [{ id }] = (await owner.get(`/webhooks/${made.id}/deliveries`, 200)).deliveries;
      const again = `/webhooks/${made.id}/deliveries/${id}/redeliver`;
      assert.equal((await owner.post(again, {}, 409)).details.reason, 'being_delivered');
      receiver.answer = (_, response) => response.writeHead(204).end();
      for (const response of held) response.writeHead(204).end();
      assert.equal((await told).delivered, true);
      await db.write('cut off', (writer) =>
        writer.run(textOf(`update deliveries set status = 'pending', attempts = 0 where id = ${id}`), []),
      );
      clock.advance(60_000);
      await owner.post(again, {}, 200);
      await receiver.got(2, (got) => got.told.webhook_id === made.id);
    });
  });
}
