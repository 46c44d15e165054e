import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { textOf } from '../../src/db/statement.ts';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { settledDelivery } from './receiver.ts';

// What the cells of the permission table leave unsaid.
for (const engine of engines) {
  describe(`who has webhooks, and how many (${engine})`, async () => {
    const app = await createTestApp(engine, { MAX_WEBHOOKS_PER_USER: '4', MAX_WEBHOOKS_PER_ROOM: '3' });
    after(app.close);
    const [alice, bob] = [await app.register('alice'), await app.register('bob')];
    const body = (room_id: number | null, events = ['message_reported']) => ({
      url: 'https://receiver.invalid/',
      events,
      room_id,
    });
    const roomOf = (owner: Person) => owner.post('/rooms', { name: 'A room' }, 201);
    const states = async (person: Person) =>
      (await person.get('/webhooks', 200)).webhooks.map(
        ({ id, active, disabled_reason }: { id: number; active: boolean; disabled_reason: string | null }) =>
          `${id} ${active} ${disabled_reason}`,
      );
    const disabledEvents = async () =>
      (
        await app.deps.db.reader.all(textOf(`select data from events where type = 'webhook_disabled' order by id`), [])
      ).map(({ data }) => JSON.parse(data as string));

    it('a room handed over: what its former owner made is off, what the admin made is not; the new owner decides', async () => {
      const room = await roomOf(alice);
      await bob.post(`/rooms/${room.id}/join`, {}, 201);
      const hers = await alice.post('/webhooks', body(room.id), 201);
      const admins = await app.admin.post('/webhooks', body(room.id, ['webhook_disabled']), 201);
      await alice.put(`/rooms/${room.id}/members/${bob.id}`, { role: 'owner' }, 200);
      assert.deepEqual(await states(alice), []);
      assert.deepEqual(await states(bob), [`${admins.id} true null`, `${hers.id} false owner_changed`]);
      assert.deepEqual(await disabledEvents(), [{ webhook_id: hers.id, reason: 'owner_changed' }]);
      const { deliveries } = await settledDelivery(bob, admins.id, 1);
      assert.deepEqual(
        deliveries.map(({ event }: { event: string }) => event),
        ['webhook_disabled'],
      );
      await app.unchanged(() => alice.get(`/webhooks/${hers.id}`, 404));
      const on = await bob.put(`/webhooks/${hers.id}`, { active: true }, 200);
      assert.deepEqual([on.active, on.disabled_reason], [true, null]);
      await bob.put(`/rooms/${room.id}/members/${alice.id}`, { role: 'owner' }, 200);
      assert.deepEqual(await states(alice), [`${admins.id} true null`, `${hers.id} false owner_changed`]);
      // What is still to be delivered would change by itself.
      await settledDelivery(alice, admins.id, 2);
      await app.admin.delete(`/webhooks/${admins.id}`, 204);
      const kept = await alice.delete(`/webhooks/${hers.id}`, 200, { prefer: 'return=representation' });
      assert.deepEqual([kept.id, 'secret' in kept], [hers.id, false]);
      await app.unchanged(() => alice.delete(`/webhooks/${hers.id}`, 404));
    });

    it('an admin who is none any more, or is suspended, has only what is still his', async () => {
      const ada = await app.registerAs('admin', 'ada');
      const [own, others] = [await roomOf(ada), await roomOf(alice)];
      // Somebody has it after her.
      await alice.post(`/rooms/${own.id}/join`, {}, 201);
      const made = [
        await ada.post('/webhooks', body(null), 201),
        await ada.post('/webhooks', body(others.id), 201),
        await ada.post('/webhooks', body(own.id), 201),
      ];
      await app.admin.patch(`/admin/users/${ada.id}`, { role: 'user' }, 200);
      const active = async () =>
        Promise.all(made.map(async ({ id }) => (await app.admin.get(`/webhooks/${id}`, 200)).disabled_reason));
      assert.deepEqual(await active(), ['not_admin', 'not_admin', null]);
      await app.admin.patch(`/admin/users/${ada.id}`, { suspended: true }, 200);
      assert.deepEqual(await active(), ['not_admin', 'not_admin', 'suspended']);
      await app.admin.patch(`/admin/users/${ada.id}`, { suspended: false }, 200);
      assert.deepEqual(await active(), ['not_admin', 'not_admin', 'suspended'], 'nothing comes on by itself');
      for (const { id } of made) await app.admin.delete(`/webhooks/${id}`, 204);
    });

    it('one more than a room or a person may have is refused, also of many that come at once', async () => {
      const [first, second] = [await roomOf(bob), await roomOf(bob)];
      const made = (room: { id: number }) => bob.request('POST', '/webhooks', { body: body(room.id) });
      const inFirst = await Promise.all(Array.from({ length: 8 }, () => made(first)));
      assert.equal(inFirst.filter(({ status }) => status === 201).length, 3);
      for (const { status, error } of inFirst.filter(({ status }) => status !== 201))
        assert.deepEqual([status, error.details], [422, { reason: 'too_many_webhooks', limit: 3, of: 'room' }]);
      const inSecond = await Promise.all(Array.from({ length: 8 }, () => made(second)));
      assert.equal(inSecond.filter(({ status }) => status === 201).length, 1);
      for (const { status, error } of inSecond.filter(({ status }) => status !== 201))
        assert.deepEqual([status, error.details], [422, { reason: 'too_many_webhooks', limit: 4, of: 'user' }]);
      const { webhooks, total, has_more } = await bob.get('/webhooks?limit=3', 200);
      assert.deepEqual([webhooks.length, total, has_more], [3, 4, true]);
      assert.equal((await bob.get('/webhooks?limit=3&offset=3', 200)).has_more, false);
      assert.ok(!JSON.stringify(webhooks).includes('whsec_'), 'no list shows a secret');
    });

    it('whoever switches on another’s answers for it, and for no more than he may', async () => {
      const room = await roomOf(alice);
      await bob.post(`/rooms/${room.id}/join`, {}, 201);
      const made = await alice.post('/webhooks', body(room.id), 201);
      await alice.put(`/rooms/${room.id}/members/${bob.id}`, { role: 'owner' }, 200);
      const [, own] = (await bob.get('/webhooks', 200)).webhooks;
      const on = (id: number, status: number) => bob.put(`/webhooks/${id}`, { active: true }, status);
      await app.unchanged(async () => {
        const { details } = await on(made.id, 422);
        assert.deepEqual(details, { reason: 'too_many_webhooks', limit: 4, of: 'user' });
      });
      await bob.put(`/webhooks/${own.id}`, { active: false }, 200);
      assert.equal((await on(own.id, 200)).active, true, 'his own he answers for already');
      await bob.delete(`/webhooks/${own.id}`, 204);
      assert.equal((await on(made.id, 200)).active, true);
      await bob.put(`/rooms/${room.id}/members/${alice.id}`, { role: 'owner' }, 200);
    });

    it('what cannot be asked for is refused by name', async () => {
      const room = await roomOf(alice);
      const post = (more: object, status: number) =>
        alice.post('/webhooks', { ...body(room.id), ...more }, status).then(({ details }) => details);
      await app.unchanged(async () => {
        assert.equal((await post({ events: ['message_eaten'] }, 400)).reason, 'not_one_of');
        assert.equal((await post({ events: [] }, 400)).reason, 'too_few');
        assert.equal((await post({ events: ['user_left', 'user_left'] }, 400)).reason, 'repeated');
        assert.equal((await post({ events: 'user_left' }, 400)).reason, 'wrong_type');
        for (const events of [['direct_message_sent'], ['*', 'user_created'], ['user_updated', 'user_left']]) {
          const details = await post({ events }, 422);
          assert.deepEqual([details.field, details.reason], ['events', 'server_wide_only']);
        }
        assert.equal((await post({ secret: 'x'.repeat(15) }, 400)).reason, 'too_short');
        assert.equal((await post({ secret: 'x'.repeat(257) }, 400)).reason, 'too_long');
        assert.equal((await post({ secret: `${'x'.repeat(16)}\n` }, 400)).reason, 'forbidden_character');
        assert.equal((await post({ secret: 'whsec_not/base64!!' }, 400)).reason, 'malformed_encoding');
        assert.equal((await post({ active: true }, 400)).reason, 'unknown_field');
      });
      const made = await alice.post('/webhooks', { ...body(room.id), secret: 'x'.repeat(16) }, 201);
      await app.unchanged(async () => {
        for (const change of [{ room_id: null }, { secret: 'x'.repeat(16) }, { active: null }, { url: null }])
          assert.equal((await alice.put(`/webhooks/${made.id}`, change, 400)).code, 'VALIDATION_FAILED');
        await alice.post(`/webhooks/${made.id}/deliveries/1/redeliver`, {}, 404);
        await alice.put(`/webhooks/${made.id}`, {}, 200);
      });
    });
  });
}
