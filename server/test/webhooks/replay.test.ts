import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownCtx } from '../../src/context.ts';
import { textOf } from '../../src/db/statement.ts';
import { layOutSome } from '../../src/modules/webhooks/lay_out.ts';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import { movableClock } from '../harness/auth.ts';
import type { Person } from '../harness/people.ts';
import { startReceiver, toThisMachine } from './receiver.ts';

const SECOND = 1_000;
const DAY = 86_400 * SECOND;
const at = (ms: number) => new Date(ms).toISOString();

for (const engine of engines) {
  describe(`sending a span of events again (${engine})`, async () => {
    const clock = movableClock();
    const settings = { ...toThisMachine, ACCESS_TOKEN_SECONDS: '86400' };
    const app = await createTestApp(engine, settings, { now: clock.now });
    const receiver = await startReceiver();
    after(app.close);
    after(receiver.close);
    const [alice, bob] = [await app.register('alice'), await app.register('bob')];
    const room = await alice.post('/rooms', { name: 'Garden' }, 201);
    const hook = (person: Person, events: string[], room_id: number | null) =>
      person.post('/webhooks', { url: receiver.url, events, room_id }, 201);
    const say = (content: string, to = room) => alice.post(`/rooms/${to.id}/messages`, { content }, 201);
    const replay = (person: Person, id: number, body: object, status = 200, headers = {}) =>
      person.post(`/webhooks/${id}/replay`, body, status, headers);
    const gotBy = (id: number, count: number) => receiver.got(count, ({ told }) => told.webhook_id === id);
    /** What a webhook is to be told, once nothing more is being laid out. */
    const laidOut = async (id: number) => {
      const left = textOf('select 1 from webhook_replays');
      while ((await app.deps.db.reader.all(left, [])).length > 0) await sleep(5);
      const { deliveries } = await app.admin.get(`/webhooks/${id}/deliveries`, 200);
      return deliveries.map(({ event }: { event: string }) => event).sort();
    };
    const ends = (person: Person, id: number) => person.delete(`/webhooks/${id}`, 204);

    it('what was told comes under its id again, what was not comes for the first time, as it is now', async () => {
      const begun = clock.now();
      const { id } = await hook(alice, ['message_sent', 'user_joined'], room.id);
      await say('one');
      const [first] = await gotBy(id, 1);
      await alice.put(`/webhooks/${id}`, { active: false }, 200);
      clock.advance(5 * SECOND);
      const taken = await say('two');
      await alice.put(`/messages/${(await say('three')).id}`, { content: 'three, edited' }, 200);
      await bob.post(`/rooms/${room.id}/join`, {}, 201);
      const gone = await say('taken back');
      await alice.delete(`/messages/${gone.id}`, 204);
      await alice.put(`/webhooks/${id}`, { active: true }, 200);
      clock.advance(60 * SECOND);
      assert.deepEqual(await replay(alice, id, { from: at(begun) }), { scheduled: 5 });
      const told = (await gotBy(id, 6)).slice(1);
      const again = told.find(({ told }) => told.id === first?.told.id);
      assert.equal(again?.body, first?.body, 'the same bytes under the same id');
      assert.equal(new Set(told.map(({ told }) => told.id)).size, 5);
      const words = told.filter(({ told }) => told.event === 'message_sent').map(({ told }) => told.data.content);
      assert.deepEqual(words.sort(), ['one', 'three, edited', 'two', null].sort());
      const two = told.find(({ told }) => told.data.content === 'two');
      assert.deepEqual(
        [two?.told.data.id, two?.told.timestamp, two?.headers['webhook-id']],
        [taken.id, at(begun + 5 * SECOND), two?.told.id],
        'it says when it happened',
      );
      await laidOut(id);
      assert.deepEqual(await replay(alice, id, { from: at(begun) }), { scheduled: 5 });
      const ids = (await gotBy(id, 11)).slice(6).map(({ told }) => told.id);
      assert.deepEqual(ids.sort(), told.map(({ told }) => told.id).sort(), 'all of them have their ids by now');
      await ends(alice, id);
    });

    it('what is still waiting for its next attempt is not there twice, and is attempted now', async () => {
      clock.advance(SECOND);
      const begun = clock.now();
      receiver.answer = (_, response) => response.writeHead(500).end();
      const { id } = await hook(alice, ['message_sent'], room.id);
      await say('waits');
      await gotBy(id, 1);
      const newest = async () => (await alice.get(`/webhooks/${id}/deliveries`, 200)).deliveries;
      while ((await newest())[0].status !== 'failed') await sleep(5);
      receiver.answer = (_, response) => response.writeHead(204).end();
      assert.deepEqual(await replay(alice, id, { from: at(begun) }), { scheduled: 1 });
      const [one, two] = await gotBy(id, 2);
      assert.equal(two?.told.id, one?.told.id);
      while ((await newest())[0].status !== 'delivered') await sleep(5);
      assert.equal((await newest()).length, 1);
      await ends(alice, id);
    });

    it('a webhook gets what it asks for and may see, also of before it was made', async () => {
      clock.advance(SECOND);
      const begun = clock.now();
      const elsewhere = await alice.post('/rooms', { name: 'Elsewhere', is_public: false }, 201);
      const { id: conversation } = await alice.post('/conversations', { user_id: bob.id }, 201);
      await alice.post(`/conversations/${conversation}/messages`, { content: 'between us' }, 201);
      await alice.put('/users/me', { status_message: 'gardening' }, 200);
      await say('elsewhere', elsewhere);
      const { id } = await say('here');
      await alice.post(`/messages/${id}/reactions`, { emoji: '👍' }, 201);
      await alice.post(`/messages/${id}/pin`, {}, 200);
      const here = ['message_pinned', 'message_sent', 'reaction_added'];
      const everywhere = [...here, 'message_sent', 'room_created'].sort();
      const cases: readonly [Person, string[], number | null, string[]][] = [
        [alice, ['*'], room.id, here],
        [alice, ['reaction_added', 'user_banned'], room.id, ['reaction_added']],
        [alice, ['user_banned'], room.id, []],
        [app.admin, ['*'], null, everywhere],
        [app.admin, ['direct_message_sent', 'user_updated'], null, ['direct_message_sent', 'user_updated']],
      ];
      for (const [person, events, room_id, expected] of cases) {
        const made = await hook(person, events, room_id);
        const { scheduled } = await replay(person, made.id, { from: at(begun) });
        // It may ask for what it is told by the way: of the making of others.
        const told = await laidOut(made.id);
        assert.deepEqual([told, scheduled], [expected, expected.length], `${events} of ${room_id}`);
        await gotBy(made.id, expected.length);
        await ends(person, made.id);
      }
    });

    it('the span is from a time, up to and without another', async () => {
      clock.advance(DAY / 2);
      const person = await app.login('alice');
      const { id } = await hook(person, ['message_sent'], room.id);
      await person.put(`/webhooks/${id}`, { active: false }, 200);
      const begun = clock.now();
      for (const content of ['0', '1', '2']) {
        await person.post(`/rooms/${room.id}/messages`, { content }, 201);
        clock.advance(SECOND);
      }
      await person.put(`/webhooks/${id}`, { active: true }, 200);
      const spans: readonly [number, number | undefined, number][] = [
        [0, undefined, 3],
        [0, 3 * SECOND, 3],
        [0, 365 * DAY, 3],
        [1 * SECOND, 2 * SECOND, 1],
        [1, 2 * SECOND, 1],
        [1, 2 * SECOND + 1, 2],
        [2 * SECOND, 2 * SECOND, 0],
        [3 * SECOND, undefined, 0],
      ];
      for (const [from, to, scheduled] of spans) {
        const body = { from: at(begun + from), ...(to === undefined ? {} : { to: at(begun + to) }) };
        assert.deepEqual(await replay(person, id, body), { scheduled }, JSON.stringify([from, to]));
        await laidOut(id);
      }
      const shifted = at(begun + 9 * 3_600_000).replace('Z', '+09:00');
      assert.deepEqual(await replay(person, id, { from: shifted }), { scheduled: 3 });
      await ends(person, id);
    });

    it('a long one is laid out some at a time, waits with its webhook, and goes on after a restart', async () => {
      const person = await app.login('alice');
      const { id } = await hook(person, ['message_sent'], room.id);
      await app.deps.webhooks.worker.stop(1_000);
      const begun = clock.now();
      await person.post(`/rooms/${room.id}/messages`, { content: 'the first of many' }, 201);
      const lastEvent = async () =>
        (await app.deps.db.reader.all(textOf('select max(id) as id from events'), []))[0]?.id as number;
      const last = await lastEvent();
      const columns = 'stream, type, actor_id, container_id, message_id, user_id, version, data, created_at';
      await app.deps.db.write('fill', (db) =>
        db.run(
          textOf(`insert into events (${columns})
            with recursive n(n) as (select 1 union all select n + 1 from n where n < 1200)
            select ${columns} from (select ${columns} from events where type = 'message_sent' order by id desc limit 1) as last, n`),
          [],
        ),
      );
      const made = `id > ${last} and id <= ${await lastEvent()}`;
      assert.deepEqual(await replay(person, id, { from: at(begun) }), { scheduled: 1_201 });
      const open = async () => {
        const rows = await app.deps.db.reader.all(
          textOf(`select event_id from deliveries where webhook_id = ${id} and due_at is not null`),
          [],
        );
        return { rows: rows.length, events: new Set(rows.map(({ event_id }) => event_id)).size };
      };
      const step = () => layOutSome(ownCtx(app.deps, 'test'));
      assert.equal(await step(), true);
      const after = await open();
      assert.ok(after.rows > 1 && after.rows < 1_201, `${after.rows}`);
      const { details } = await replay(person, id, { from: at(begun) }, 409);
      assert.equal(details.reason, 'replay_running');
      await person.put(`/webhooks/${id}`, { active: false }, 200);
      assert.equal(await step(), false);
      assert.deepEqual(await open(), after);
      await person.put(`/webhooks/${id}`, { active: true }, 200);
      await app.deps.webhooks.worker.start();
      const got = await gotBy(id, 1_201);
      assert.equal(new Set(got.map(({ told }) => told.id)).size, 1_201);
      while ((await open()).rows > 0) await sleep(5);
      assert.equal(await step(), false);
      await app.deps.db.write('undo', (db) => db.run(textOf(`delete from events where ${made}`), []));
      await ends(person, id);
    });

    it('one whose webhook is deleted is gone with it', async () => {
      const person = await app.login('alice');
      const { id } = await hook(person, ['message_sent'], room.id);
      await app.deps.webhooks.worker.stop(1_000);
      const { scheduled } = await replay(person, id, { from: at(clock.now() - DAY) });
      assert.ok(scheduled > 0);
      await ends(person, id);
      assert.deepEqual(await app.deps.db.reader.all(textOf('select webhook_id from webhook_replays'), []), []);
      await app.deps.webhooks.worker.start();
    });

    it('an Idempotency-Key asks for it once', async () => {
      const person = await app.login('alice');
      const { id } = await hook(person, ['message_sent'], room.id);
      const body = { from: at(clock.now() - DAY) };
      const headers = { 'idempotency-key': 'replay once' };
      const first = await replay(person, id, body, 200, headers);
      await laidOut(id);
      const count = receiver.received.length;
      await gotBy(id, first.scheduled);
      assert.deepEqual(await replay(person, id, body, 200, headers), first);
      await replay(person, id, { from: at(clock.now()) }, 422, headers);
      assert.deepEqual((await laidOut(id)).length, first.scheduled);
      assert.ok(receiver.received.length >= count);
      await ends(person, id);
    });

    it('what cannot be sent again is refused by name, and changes nothing', async () => {
      const person = await app.login('alice');
      const mallory = await app.register('mallory');
      await app.deps.webhooks.worker.stop(1_000);
      const { id } = await hook(person, ['message_reported'], room.id);
      const now = clock.now();
      const from = at(now);
      const wrong: readonly [object, number, string, string][] = [
        [{}, 400, 'from', 'required'],
        [{ from: null }, 400, 'from', 'wrong_type'],
        [{ from: now }, 400, 'from', 'wrong_type'],
        [{ from: 'yesterday' }, 400, 'from', 'format'],
        [{ from: '2026-02-30T00:00:00Z' }, 400, 'from', 'format'],
        [{ from: '2026-01-15' }, 400, 'from', 'format'],
        [{ from: '2016-12-31T23:59:60Z' }, 400, 'from', 'not_a_timestamp'],
        [{ from, to: null }, 400, 'to', 'wrong_type'],
        [{ from, to: '' }, 400, 'to', 'format'],
        [{ from, to: at(now - 1) }, 400, 'to', 'before_from'],
        [{ from, until: from }, 400, 'until', 'unknown_field'],
        [{ from: at(now + 1) }, 422, 'from', 'in_the_future'],
        [{ from: at(now - 7 * DAY - 1) }, 422, 'from', 'not_kept'],
        [{ from: '0001-01-01T00:00:00Z' }, 422, 'from', 'not_kept'],
      ];
      await app.unchanged(async () => {
        for (const [body, status, field, reason] of wrong) {
          const { details } = await replay(person, id, body, status);
          assert.deepEqual([details.field, details.reason], [field, reason], JSON.stringify(body));
        }
        await replay(mallory, id, { from }, 404);
        await replay(person, 999_999, { from }, 404);
        await replay(mallory, id, { from: at(now + 1) }, 404);
        assert.deepEqual(await replay(person, id, { from: at(now - 7 * DAY) }), { scheduled: 0 });
      });
      await person.put(`/webhooks/${id}`, { active: false }, 200);
      await app.unchanged(async () => {
        assert.equal((await replay(person, id, { from }, 409)).details.reason, 'webhook_inactive');
      });
      await ends(person, id);
    });
  });
}
