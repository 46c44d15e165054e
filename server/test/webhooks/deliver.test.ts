import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { textOf } from '../../src/db/statement.ts';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import { movableClock } from '../harness/auth.ts';
import type { Person } from '../harness/people.ts';
import { settledDelivery, startReceiver, toThisMachine } from './receiver.ts';

const hex = (secret: string, body: string) => createHmac('sha256', secret).update(body).digest('hex');

for (const engine of engines) {
  describe(`what webhooks are told (${engine})`, async () => {
    const clock = movableClock();
    const app = await createTestApp(engine, toThisMachine, { now: clock.now });
    const receiver = await startReceiver();
    after(app.close);
    after(receiver.close);
    const [alice, bob, carol] = [await app.register('alice'), await app.register('bob'), await app.register('carol')];
    const room = await alice.post('/rooms', { name: 'Garden' }, 201);
    const hook = (person: Person, events: string[], room_id: number | null, more = {}) =>
      person.post('/webhooks', { url: receiver.url, events, room_id, ...more }, 201);
    const ends = async (person: Person, { id }: { id: number }) => person.delete(`/webhooks/${id}`, 204);
    /** What a webhook got, in the order of the log, once a last event is there. */
    const toldTo = async ({ id }: { id: number }, count: number) => {
      const got = await receiver.got(count, ({ told }) => told.webhook_id === id);
      return got.map(({ told }) => told);
    };

    it('alice asks for what happens in her room and is told of it, signed in both ways', async () => {
      const secret = 'webhook_secret_key';
      const events = ['message_sent', 'user_joined', 'user_left'];
      const made = await hook(alice, events, room.id, { secret });
      assert.deepEqual(Object.keys(made), [
        ...['id', 'url', 'events', 'room_id', 'active', 'disabled_reason', 'created_at', 'updated_at', 'secret'],
      ]);
      assert.deepEqual([made.secret, made.events, made.room_id, made.active], [secret, events, room.id, true]);
      await bob.post(`/rooms/${room.id}/join`, {}, 201);
      const message = await bob.post(`/rooms/${room.id}/messages`, { content: 'héllo 👋' }, 201);
      await bob.post(`/rooms/${room.id}/leave`, {}, 204);
      const got = await receiver.got(3, ({ told }) => told.webhook_id === made.id);
      const [joined, sent, left] = oneOfEach(got, ['user_joined', 'message_sent', 'user_left']);
      assert.deepEqual(sent.told.data, { ...message, user_id: bob.id, actor_id: bob.id });
      for (const { told } of [joined, left])
        assert.deepEqual([told.data.user_id, told.data.username, told.data.room_id], [bob.id, 'bob', room.id]);
      assert.equal(left.told.data.removed, false);
      for (const { headers, body, told } of got) {
        assert.deepEqual(Object.keys(told), ['id', 'event', 'timestamp', 'webhook_id', 'data']);
        assert.equal(JSON.stringify(told), body);
        assert.equal(headers['content-type'], 'application/json');
        assert.match(String(headers['user-agent']), /^Veza-Webhooks\/\d+\.\d+\.\d+$/);
        assert.equal(headers['x-webhook-event'], told.event);
        assert.equal(headers['x-webhook-signature'], hex(secret, body));
        assert.equal(headers['webhook-id'], told.id);
        assert.equal(headers['webhook-timestamp'], `${Math.floor(clock.now() / 1_000)}`);
      }
      const { deliveries, has_more } = await settledDelivery(alice, made.id, 3);
      assert.equal(has_more, false);
      for (const delivery of deliveries) {
        assert.deepEqual([delivery.status, delivery.attempts, delivery.response_code], ['delivered', 1, 204]);
        assert.deepEqual([delivery.next_attempt_at, delivery.error], [null, null]);
        assert.ok(got.some(({ told }) => told.id === delivery.event_id && told.event === delivery.event));
      }
      await ends(alice, made);
      await alice.get(`/webhooks/${made.id}/deliveries`, 404);
    });

    it('a made secret is whsec_ and 32 bytes, is not in the database as it is, and its library verifies', async () => {
      const made = await hook(alice, ['message_sent'], room.id);
      assert.match(made.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
      const stored = await app.deps.db.reader.all(textOf('select secret from webhooks'), []);
      assert.ok(stored.every(({ secret }) => !String(secret).includes(made.secret.slice(6))));
      const audited = await app.deps.db.reader.all(textOf('select details from audit_log'), []);
      assert.ok(audited.every(({ details }) => !String(details).includes(made.secret)));
      await alice.post(`/rooms/${room.id}/messages`, { content: 'x' }, 201);
      const [got] = await receiver.got(1, ({ told }) => told.webhook_id === made.id);
      assert.ok(got);
      // The library takes no clock: the signature is checked over the same text at the present time of this test.
      const id = String(got.headers['webhook-id']);
      const at = new Date(Number(got.headers['webhook-timestamp']) * 1_000);
      assert.equal(new Webhook(made.secret).sign(id, at, got.body), got.headers['webhook-signature']);
      assert.equal(got.headers['x-webhook-signature'], hex(made.secret, got.body));
      await ends(alice, made);
    });

    it('the trace of a request goes with what it causes, at each attempt, and with a test; what is no trace is left out', async () => {
      const made = await hook(alice, ['message_sent'], room.id);
      const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
      const path = `/rooms/${room.id}/messages`;
      const none = [
        trace.toUpperCase(),
        trace.replace(/^00/, 'ff'),
        `${trace}-00`,
        trace.replace(/-00f.*-/, `-${'0'.repeat(16)}-`),
        'é',
      ];
      for (const [place, traceparent] of [trace, ...none].entries())
        await alice.post(path, { content: `traced ${place}` }, 201, { traceparent });
      await alice.post(`/webhooks/${made.id}/test`, {}, 200, { traceparent: trace });
      const got = await receiver.got(2 + none.length, ({ told }) => told.webhook_id === made.id);
      for (const { headers, told } of got) {
        const isTraced = told.event === 'webhook_test' || told.data.content === 'traced 0';
        assert.equal(headers.traceparent, isTraced ? trace : undefined, told.data.content);
      }
      const { deliveries } = await settledDelivery(alice, made.id, got.length);
      const first = deliveries.find(({ event_id }: { event_id: string }) =>
        got.some(({ told }) => told.id === event_id && told.data.content === 'traced 0'),
      );
      await alice.post(`/webhooks/${made.id}/deliveries/${first.id}/redeliver`, {}, 200);
      const twice = await receiver.got(2, ({ told }) => told.id === first.event_id);
      assert.equal(twice[1]?.headers.traceparent, trace);
      await ends(alice, made);
    });

    it('an Idempotency-Key makes one webhook, and shows its secret once', async () => {
      const body = { url: receiver.url, events: ['*'], room_id: room.id };
      const headers = { 'idempotency-key': 'once' };
      const first = await alice.request('POST', '/webhooks', { body, headers });
      const again = await alice.request('POST', '/webhooks', { body, headers });
      assert.deepEqual([first.status, again.status], [201, 201]);
      const { secret, ...rest } = first.data;
      assert.ok(secret);
      assert.deepEqual(again.data, rest);
      assert.equal(again.headers['idempotent-replayed'], 'true');
      const kept = await app.deps.db.reader.all(textOf('select body from idempotency_keys'), []);
      assert.ok(kept.every(({ body }) => !String(body).includes(secret)));
      await alice.post('/webhooks', { ...body, events: ['user_left'] }, 422, headers);
      await ends(alice, rest);
    });

    it('a room’s webhook hears of its room alone, and of nothing said in private', async () => {
      const elsewhere = await bob.post('/rooms', { name: 'Elsewhere' }, 201);
      const made = await hook(alice, ['*'], room.id);
      const { id } = await alice.post('/conversations', { user_id: bob.id }, 201);
      await alice.post(`/conversations/${id}/messages`, { content: 'between us' }, 201);
      await bob.post(`/rooms/${elsewhere.id}/messages`, { content: 'elsewhere' }, 201);
      await alice.put('/users/me', { status_message: 'gardening' }, 200);
      await alice.post(`/rooms/${room.id}/messages`, { content: 'here' }, 201);
      const { deliveries } = await alice.get(`/webhooks/${made.id}/deliveries`, 200);
      assert.deepEqual(
        deliveries.map(({ event }: { event: string }) => event),
        ['message_sent'],
      );
      const [told] = await toldTo(made, 1);
      assert.equal(told.data.content, 'here');
      await ends(alice, made);
    });

    it('the server’s webhook hears of conversations and accounts only where it names them', async () => {
      const all = await hook(app.admin, ['*', 'message_sent'], null);
      assert.deepEqual(all.events, ['*'], 'what * takes in is not named beside it');
      const named = await hook(app.admin, ['*', 'direct_message_sent', 'user_updated', 'user_created'], null);
      const { id } = await alice.post('/conversations', { user_id: carol.id }, 201);
      const direct = await alice.post(`/conversations/${id}/messages`, { content: 'between us' }, 201);
      await carol.put(`/messages/${direct.id}`, { content: 'not hers' }, 403);
      await alice.put(`/messages/${direct.id}`, { content: 'still between us' }, 200);
      await alice.post(`/messages/${direct.id}/pin`, {}, 200);
      await alice.put('/users/me', { status_message: 'watering' }, 200);
      const dave = await app.register('dave');
      const created = await dave.post('/rooms', { name: 'Shed' }, 201);
      const eventsOf = async (hook: { id: number }) =>
        (await app.admin.get(`/webhooks/${hook.id}/deliveries`, 200)).deliveries
          .map(({ event }: { event: string }) => event)
          .sort();
      assert.deepEqual(await eventsOf(all), ['room_created', 'user_joined']);
      assert.deepEqual(await eventsOf(named), [
        ...['direct_message_sent', 'room_created', 'user_created', 'user_joined', 'user_updated'],
      ]);
      const told = await toldTo(named, 5);
      const sent = told.find(({ event }) => event === 'direct_message_sent');
      assert.deepEqual([sent.data.conversation_id, sent.data.room_id], [id, null]);
      const about = told.find(({ event }) => event === 'user_created');
      assert.deepEqual([about.data.user_id, about.data.username, about.data.room_id], [dave.id, 'dave', null]);
      const made = told.find(({ event }) => event === 'room_created');
      assert.deepEqual([made.data.id, made.data.room_id, made.data.name], [created.id, created.id, 'Shed']);
      for (const hook of [all, named]) await ends(app.admin, hook);
    });

    it('a webhook that is off is told of nothing, and what was due waits for it', async () => {
      const made = await hook(alice, ['message_sent'], room.id);
      await alice.put(`/webhooks/${made.id}`, { active: false }, 200);
      await alice.post(`/rooms/${room.id}/messages`, { content: 'unheard' }, 201);
      assert.deepEqual((await alice.get(`/webhooks/${made.id}/deliveries`, 200)).deliveries, []);
      const on = await alice.patch(
        `/webhooks/${made.id}`,
        { active: true, events: ['message_sent', 'user_left'] },
        200,
      );
      assert.deepEqual([on.active, on.events], [true, ['message_sent', 'user_left']]);
      await alice.post(`/rooms/${room.id}/messages`, { content: 'heard' }, 201);
      assert.deepEqual(
        (await toldTo(made, 1)).map(({ data }) => data.content),
        ['heard'],
      );
      await settledDelivery(alice, made.id, 1);
      await app.unchanged(() => alice.put(`/webhooks/${made.id}`, { active: true, url: receiver.url }, 200));
      await ends(alice, made);
    });

    it('a deleted room tells its webhooks so, and takes them with it', async () => {
      const gone = await carol.post('/rooms', { name: 'Gone soon', is_public: false }, 201);
      const made = await hook(carol, ['room_deleted'], gone.id);
      await carol.delete(`/rooms/${gone.id}`, 204);
      const [told] = await toldTo(made, 1);
      assert.deepEqual([told.data.room_id, told.data.name, told.data.is_deleted], [gone.id, 'Gone soon', true]);
      for (const person of [carol, app.admin]) await person.get(`/webhooks/${made.id}`, 404);
      assert.deepEqual((await carol.get('/webhooks', 200)).webhooks, []);
    });

    it('a message taken back is told of without its words, whatever was tried before; else the same is sent again', async () => {
      const made = await hook(alice, ['message_sent', 'message_deleted'], room.id);
      receiver.answer = (_, response) => response.writeHead(500).end('not now');
      const kept = await alice.post(`/rooms/${room.id}/messages`, { content: 'first words' }, 201);
      const [first] = await receiver.got(1, ({ told }) => told.webhook_id === made.id);
      await alice.put(`/messages/${kept.id}`, { content: 'other words' }, 200);
      await settledDelivery(alice, made.id, 1);
      receiver.answer = (_, response) => response.writeHead(204).end();
      const { deliveries } = await alice.get(`/webhooks/${made.id}/deliveries`, 200);
      const [failed] = deliveries;
      assert.deepEqual([failed.status, failed.attempts, failed.response_code], ['failed', 1, 500]);
      assert.deepEqual([failed.response_excerpt, failed.error], ['not now', 'not_2xx']);
      const wait = Date.parse(failed.next_attempt_at) - clock.now();
      assert.ok(wait >= 4_000 && wait <= 6_000, `${wait}`);
      clock.advance(6_000);
      app.deps.webhooks.worker.wake();
      const [, second] = await receiver.got(2, ({ told }) => told.webhook_id === made.id);
      assert.equal(second?.body, first?.body);
      assert.equal(second?.headers['webhook-id'], first?.headers['webhook-id']);
      assert.notEqual(second?.headers['webhook-timestamp'], first?.headers['webhook-timestamp']);
      const gone = await alice.post(`/rooms/${room.id}/messages`, { content: 'taken back' }, 201);
      await alice.delete(`/messages/${gone.id}`, 204);
      const told = await toldTo(made, 4);
      const deleted = told.find(({ event }) => event === 'message_deleted');
      assert.deepEqual([deleted.data.id, deleted.data.content, deleted.data.is_deleted], [gone.id, null, true]);
      const again = await alice.post(`/webhooks/${made.id}/deliveries/${failed.id}/redeliver`, {}, 200);
      assert.deepEqual([again.status, again.event_id], ['pending', first?.told.id]);
      const [, , third] = await receiver.got(3, ({ told }) => told.id === first?.told.id);
      assert.equal(third?.body, first?.body);
      await alice.delete(`/messages/${kept.id}`, 204);
      const bodies = async () => app.deps.db.reader.all(textOf('select body from deliveries'), []);
      await settledDelivery(alice, made.id, 4);
      assert.doesNotMatch(JSON.stringify(await bodies()), /first words|other words|taken back/);
      await alice.post(`/webhooks/${made.id}/deliveries/${failed.id}/redeliver`, {}, 200);
      const [, , , fourth] = await receiver.got(4, ({ told }) => told.id === first?.told.id);
      assert.deepEqual([fourth?.told.data.content, fourth?.told.data.is_deleted], [null, true]);
      await ends(alice, made);
    });
  });
}

type Got = Awaited<ReturnType<Awaited<ReturnType<typeof startReceiver>>['got']>>[number];

/** One of each, in the order asked for. */
function oneOfEach(got: readonly Got[], names: readonly string[]): [Got, Got, Got] {
  return names.map((name) => got.find(({ told }) => told.event === name)) as [Got, Got, Got];
}
