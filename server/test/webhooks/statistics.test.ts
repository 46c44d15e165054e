import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownCtx } from '../../src/context.ts';
import { textOf } from '../../src/db/statement.ts';
import { forgetDeliveries, forgetLeftDeliveries } from '../../src/modules/webhooks/forget.ts';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import { movableClock } from '../harness/auth.ts';
import { startReceiver, toThisMachine } from './receiver.ts';

const HOUR = 3_600_000;

for (const engine of engines) {
  describe(`the server’s figures of webhooks and files (${engine})`, async () => {
    const clock = movableClock();
    const app = await createTestApp(engine, { ...toThisMachine, DRAIN_SECONDS: '0' }, { now: clock.now });
    const receiver = await startReceiver();
    after(app.close);
    after(receiver.close);
    let [admin, alice] = [app.admin, await app.register('alice')];
    const room = await alice.post('/rooms', { name: 'Garden' }, 201);
    const hook = (events = ['message_sent'], room_id: number | null = room.id) =>
      (room_id === null ? admin : alice).post('/webhooks', { url: receiver.url, events, room_id }, 201);
    const stats = () => admin.get('/admin/stats', 200);
    const webhooks = async () => (await stats()).webhooks;
    const move = async (ms: number) => {
      clock.advance(ms);
      [admin, alice] = [await app.login('admin'), await app.login('alice')];
      app.deps.webhooks.worker.wake();
    };
    const until = async (wanted: object) => {
      for (;;) {
        const is = await webhooks();
        if (Object.entries(wanted).every(([name, count]) => is[name] === count)) return is;
        await sleep(5);
      }
    };

    it('webhooks count while they are there, and as active while they are on', async () => {
      const counts = async () => {
        const { total, active } = await webhooks();
        return [total, active];
      };
      assert.deepEqual(await webhooks(), { total: 0, active: 0, pending: 0, failed_24h: 0 });
      const passing = await alice.post('/rooms', { name: 'Passing' }, 201);
      const [one, two] = [await hook(['user_banned']), await hook(['user_banned'], null)];
      await hook(['user_banned'], passing.id);
      assert.deepEqual(await counts(), [3, 3]);
      await alice.patch(`/webhooks/${one.id}`, { active: false }, 200);
      assert.deepEqual(await counts(), [3, 2]);
      await alice.delete(`/rooms/${passing.id}`, 204);
      assert.deepEqual(await counts(), [2, 1]);
      await alice.patch(`/webhooks/${one.id}`, { active: true }, 200);
      for (const made of [one, two]) await admin.delete(`/webhooks/${made.id}`, 204);
      assert.deepEqual(await counts(), [0, 0]);
    });

    it('deliveries are pending until they have arrived, and failed for a day', async () => {
      receiver.answer = (_, response) => response.writeHead(500).end();
      const made = await hook();
      for (const content of ['one', 'two']) await alice.post(`/rooms/${room.id}/messages`, { content }, 201);
      await until({ pending: 2, failed_24h: 2 });
      await alice.post(`/webhooks/${made.id}/test`, {}, 200);
      assert.deepEqual(await webhooks(), { total: 1, active: 1, pending: 2, failed_24h: 2 }, 'a test is no delivery');
      await move(23 * HOUR);
      await receiver.got(5);
      assert.equal((await webhooks()).failed_24h, 2);
      await move(HOUR);
      assert.deepEqual(await webhooks(), { total: 1, active: 1, pending: 2, failed_24h: 0 });
      await alice.post(`/rooms/${room.id}/messages`, { content: 'three' }, 201);
      await until({ pending: 3, failed_24h: 1 });
      receiver.answer = (_, response) => response.writeHead(204).end();
      await move(5 * HOUR);
      await until({ pending: 0, failed_24h: 0 });
    });

    it('what was given up is pending no more; what was taken back, removed or forgotten is neither', async () => {
      receiver.answer = (_, response) => response.writeHead(500).end();
      await alice.post(`/rooms/${room.id}/messages`, { content: 'four' }, 201);
      await until({ pending: 1, failed_24h: 1 });
      await app.deps.db.write('test', (db) =>
        db.run(textOf(`update deliveries set step = 9 where status = 'failed'`), []),
      );
      await move(6_000);
      await until({ pending: 0, failed_24h: 1 });
      const [{ id: made }] = (await alice.get('/webhooks', 200)).webhooks;
      const [{ id, status }] = (await alice.get(`/webhooks/${made}/deliveries`, 200)).deliveries;
      assert.equal(status, 'exhausted');
      receiver.answer = () => undefined;
      await alice.post(`/webhooks/${made}/deliveries/${id}/redeliver`, {}, 200);
      assert.deepEqual(await webhooks(), { total: 1, active: 1, pending: 1, failed_24h: 0 });
      await alice.delete(`/webhooks/${made}`, 204);
      await forgetLeftDeliveries(ownCtx(app.deps, 'test'));
      assert.deepEqual(await webhooks(), { total: 0, active: 0, pending: 0, failed_24h: 0 });
      await hook();
      await alice.post(`/rooms/${room.id}/messages`, { content: 'five' }, 201);
      assert.equal((await webhooks()).pending, 1);
      await move(91 * 24 * HOUR);
      await forgetDeliveries(ownCtx(app.deps, 'test'));
      assert.deepEqual(await webhooks(), { total: 1, active: 1, pending: 0, failed_24h: 0 });
    });

    it('a crowd of them is counted to ten thousand', async () => {
      const before = await webhooks();
      const far = clock.now() + 1_000 * HOUR;
      const crowd = `insert into deliveries (webhook_id, event_id, message_id, event, status, attempts, step, due_at, created_at)
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 10005)
        select 4711, i, 'evt_' || i, 'message_sent', 'failed', 1, 1, ${far}, ${clock.now()} from n`;
      await app.deps.db.write('test', (db) => db.run(textOf(crowd), []));
      assert.deepEqual(await webhooks(), { ...before, pending: 10_000, failed_24h: 10_000 });
      await app.deps.db.write('test', (db) => db.run(textOf('delete from deliveries where webhook_id = 4711'), []));
      assert.deepEqual(await webhooks(), before);
    });

    it('files count with their bytes, each as often as it was uploaded', async () => {
      const given = await Promise.all(
        ['same', 'same', 'another'].map((content) => alice.upload({ name: 'a.txt', content }, 201)),
      );
      assert.deepEqual((await stats()).files, { count: 3, bytes: 15 });
      await alice.delete(`/files/${given[0].file_id}`, 204);
      assert.deepEqual((await stats()).files, { count: 2, bytes: 11 });
      await alice.upload({ name: 'a.txt', content: '' }, 400);
      for (const { file_id } of given.slice(1)) await alice.delete(`/files/${file_id}`, 204);
      assert.deepEqual((await stats()).files, { count: 0, bytes: 0 });
    });

    it('the storage is the database, with what is still in its log', async () => {
      await alice.post(`/rooms/${room.id}/messages`, { content: 'x'.repeat(2_000) }, 201);
      const size = async () => {
        if (engine === 'postgres') {
          const [row] = await app.deps.db.reader.all(textOf('select pg_database_size(current_database()) as size'), []);
          return Number(row?.size);
        }
        const log = statSync(join(app.directory, 'veza.db-wal')).size;
        assert.ok(log > 0);
        return statSync(join(app.directory, 'veza.db')).size + log;
      };
      const least = await size();
      const { bytes } = (await stats()).storage;
      assert.ok(least <= bytes && bytes <= (await size()), `${bytes}`);
    });
  });
}
