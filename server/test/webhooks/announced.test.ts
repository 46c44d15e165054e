import assert from 'node:assert/strict';
import { after, describe, it, test } from 'node:test';
import { webhookEvents } from '../../src/events.ts';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import { announcementFaults } from './announcement.ts';
import { startReceiver, toThisMachine } from './receiver.ts';

/** Nothing causes them yet. */
const notThereYet = ['message_reported', 'user_deleted'];
const happening = Object.keys(webhookEvents).filter((event) => !notThereYet.includes(event));

/** Makes everything happen that a webhook can be told of but its test; `soon` lets what has happened be told. */
async function everything(app: TestApp, url: string, soon: () => Promise<unknown>): Promise<void> {
  const [alice, bob, carol] = [await app.register('alice'), await app.register('bob'), await app.register('carol')];
  await alice.put('/users/me', { username: 'alicia' }, 200);
  const room = await alice.post('/rooms', { name: 'Garden', metadata: { beds: [1, 2] } }, 201);
  await alice.put(`/rooms/${room.id}`, { topic: 'roses' }, 200);
  await bob.post(`/rooms/${room.id}/join`, {}, 201);
  await alice.put(`/rooms/${room.id}/members/${bob.id}`, { role: 'moderator' }, 200);
  await alice.put(`/rooms/${room.id}/members/${bob.id}`, { role: 'member' }, 200);
  await alice.put(`/rooms/${room.id}/mutes/${bob.id}`, { until: '2099-01-01T00:00:00Z' }, 200);
  await alice.delete(`/rooms/${room.id}/mutes/${bob.id}`, 204);
  const file = await bob.upload({ name: 'a.txt', content: 'a rose', fields: { room_id: room.id } }, 201);
  const said = { content: '@alicia 🌹', file_ids: [file.file_id], metadata: { client: 'test' } };
  const message = await bob.post(`/rooms/${room.id}/messages`, said, 201);
  const reply = { content: 'thanks', parent_message_id: message.id };
  await alice.post(`/rooms/${room.id}/messages`, reply, 201);
  await bob.put(`/messages/${message.id}`, { content: 'a rose' }, 200);
  await alice.post(`/messages/${message.id}/pin`, {}, 200);
  await alice.post(`/messages/${message.id}/reactions`, { emoji: '👍' }, 201);
  await soon();
  await alice.delete(`/messages/${message.id}/reactions/${encodeURIComponent('👍')}`, 204);
  await alice.post(`/messages/${message.id}/pin`, { pinned: false }, 200);
  await bob.delete(`/files/${file.file_id}`, 204);
  await bob.delete(`/messages/${message.id}`, 204);
  await alice.put(`/rooms/${room.id}/bans/${bob.id}`, { reason: 'thorns' }, 200);
  await soon();
  await alice.delete(`/rooms/${room.id}/bans/${bob.id}`, 204);
  await carol.post(`/rooms/${room.id}/join`, {}, 201);
  await carol.post(`/rooms/${room.id}/leave`, {}, 204);
  const { id } = await alice.post('/conversations', { user_id: bob.id }, 201);
  await alice.post(`/conversations/${id}/messages`, { content: 'between us' }, 201);
  const shed = await carol.post('/rooms', { name: 'Shed' }, 201);
  await carol.post('/webhooks', { url, events: ['user_left'], room_id: shed.id }, 201);
  await app.admin.patch(`/admin/users/${carol.id}`, { suspended: true }, 200);
  await soon();
  await alice.delete(`/rooms/${room.id}`, 204);
}

const events = [
  '*',
  ...Object.entries(webhookEvents).flatMap(([event, { within }]) => (within === 'server' ? [event] : [])),
];

/** A webhook of the server that asks for everything, and what it is told. */
async function listening(app: TestApp) {
  const receiver = await startReceiver();
  after(receiver.close);
  const { id } = await app.admin.post('/webhooks', { url: receiver.url, events, room_id: null }, 201);
  return {
    id,
    url: receiver.url,
    /** Once all there is has come; the first of each event. */
    told: async () => {
      const { deliveries } = await app.admin.get(`/webhooks/${id}/deliveries?limit=100`, 200);
      const got = await receiver.got(deliveries.length, ({ told }) => told.webhook_id === id);
      return new Map(got.reverse().map(({ told }) => [told.event as string, told.data]));
    },
  };
}

for (const engine of engines) {
  describe(`what is sent is as the OpenAPI document says (${engine})`, () => {
    it('of things as they are', async () => {
      const app = await createTestApp(engine, toThisMachine);
      after(app.close);
      const { id, url, told } = await listening(app);
      await everything(app, url, told);
      await app.admin.post(`/webhooks/${id}/test`, {}, 200);
      assert.deepEqual([...(await told()).keys()].sort(), happening.sort());
    });

    it('of things that are gone by the time they are told of', async () => {
      const app = await createTestApp(engine, { ...toThisMachine, WEBHOOK_DELIVERY: 'off' });
      after(app.close);
      const { url, told } = await listening(app);
      await everything(app, url, async () => {});
      await app.deps.webhooks.worker.start();
      const first = await told();
      const updated = first.get('message_updated');
      assert.deepEqual([updated.content, updated.is_deleted], [null, true]);
      assert.equal(first.get('room_created').is_deleted, true);
      assert.equal(first.get('file_uploaded').filename, undefined);
      assert.equal(first.get('user_banned').reason, undefined);
    });
  });
}

test('what is sent otherwise is seen', () => {
  const body = {
    ...{ id: 'evt_1', event: 'webhook_test', timestamp: '2026-01-15T00:00:00.000Z', webhook_id: 1 },
    data: { room_id: null, webhook_id: 1, actor_id: 1 },
  };
  const headers = {
    'x-webhook-signature': 'a'.repeat(64),
    'x-webhook-event': 'webhook_test',
    'webhook-id': 'evt_1',
    'webhook-timestamp': '1',
    'webhook-signature': `v1,${'a'.repeat(43)}=`,
    'user-agent': 'Veza-Webhooks/0.1.0',
  };
  assert.deepEqual(announcementFaults(headers, body), []);
  const wrong: [object, object, RegExp][] = [
    [headers, { ...body, event: 'no_such' }, /no webhook of the document/],
    [headers, { ...body, more: 1 }, /additional properties/],
    [headers, { ...body, data: { ...body.data, more: 1 } }, /data must NOT have additional properties/],
    [headers, { ...body, data: { room_id: null, actor_id: 1 } }, /webhook_id/],
    [headers, { ...body, timestamp: 'yesterday' }, /timestamp must match format/],
    [{ ...headers, 'webhook-id': undefined }, body, /no header webhook-id/],
    [{ ...headers, 'x-webhook-signature': 'A' }, body, /X-Webhook-Signature is A/],
  ];
  for (const [sent, told, fault] of wrong) assert.match(announcementFaults({ ...sent }, told).join('\n'), fault);
});
