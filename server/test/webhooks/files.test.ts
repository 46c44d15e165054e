import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { startReceiver, toThisMachine } from './receiver.ts';

for (const engine of engines) {
  describe(`what webhooks are told of files (${engine})`, async () => {
    const app = await createTestApp(engine, toThisMachine);
    const receiver = await startReceiver();
    after(app.close);
    after(receiver.close);
    const [alice, bob] = [await app.register('alice'), await app.register('bob')];
    const room = await alice.post('/rooms', { name: 'Garden', is_public: false }, 201);
    const elsewhere = await alice.post('/rooms', { name: 'Elsewhere' }, 201);
    await alice.post(`/rooms/${room.id}/members`, { user_id: bob.id }, 201);
    const talk = await alice.post('/conversations', { user_id: bob.id }, 201);
    const hook = async (person: Person, events: string[], room_id: number | null) => {
      const { id } = await person.post('/webhooks', { url: receiver.url, events, room_id }, 201);
      return { id: id as number, person };
    };
    const ofFiles = ['file_uploaded', 'file_deleted'];
    const inRoom = await hook(alice, ofFiles, room.id);
    const allOfRoom = await hook(alice, ['*'], room.id);
    const named = await hook(app.admin, ofFiles, null);
    const star = await hook(app.admin, ['*', 'direct_message_sent'], null);
    const uploadsOnly = await hook(alice, ['file_uploaded'], room.id);
    const others = await hook(alice, ['*'], elsewhere.id);
    const eventsOf = async ({ id, person }: typeof inRoom) =>
      (await person.get(`/webhooks/${id}/deliveries`, 200)).deliveries.map(({ event }: { event: string }) => event);
    const toldTo = async ({ id }: typeof inRoom, event: string, fileId: number) => {
      const matching = ({ told }: { told: { webhook_id: number; event: string; data: { file_id: number } } }) =>
        told.webhook_id === id && told.event === event && told.data.file_id === fileId;
      const [got] = await receiver.got(1, matching);
      return got?.told.data;
    };
    const give = (person: Person, fields = {}) => person.upload({ name: 'plan.txt', content: 'dig here', fields }, 201);

    it('an upload into a room as REST shows it, a deletion by its ids and name, to whoever asked', async () => {
      const file = await give(bob, { room_id: room.id });
      for (const one of [inRoom, allOfRoom, named, star, uploadsOnly])
        assert.deepEqual(await toldTo(one, 'file_uploaded', file.file_id), { ...file, actor_id: bob.id });
      assert.equal(file.room_id, room.id);
      await alice.delete(`/files/${file.file_id}`, 204);
      const gone = { room_id: room.id, file_id: file.file_id, filename: 'plan.txt', actor_id: alice.id };
      for (const one of [inRoom, allOfRoom, named, star])
        assert.deepEqual(await toldTo(one, 'file_deleted', file.file_id), gone);
      assert.deepEqual(await eventsOf(uploadsOnly), ['file_uploaded']);
      assert.deepEqual(await eventsOf(others), []);
    });

    it('a file of nowhere reaches nobody until a message takes it into a room', async () => {
      const before = await Promise.all([inRoom, allOfRoom, named, star, others].map(eventsOf));
      const [kept, dropped] = [await give(bob), await give(bob)];
      await bob.delete(`/files/${dropped.file_id}`, 204);
      assert.deepEqual(await Promise.all([inRoom, allOfRoom, named, star, others].map(eventsOf)), before);
      const sent = await bob.post(`/rooms/${room.id}/messages`, { content: 'see', file_ids: [kept.file_id] }, 201);
      const told = await toldTo(inRoom, 'file_uploaded', kept.file_id);
      assert.deepEqual([told.room_id, told.message_id, told.actor_id], [room.id, sent.id, bob.id]);
      await bob.delete(`/messages/${sent.id}`, 204);
      assert.equal((await toldTo(inRoom, 'file_deleted', kept.file_id)).room_id, room.id);
    });

    it('a file between two people reaches nobody, whoever asks for everything and by name', async () => {
      const before = await Promise.all([inRoom, allOfRoom, named, uploadsOnly, others].map(eventsOf));
      const ofStar = await eventsOf(star);
      const file = await give(alice, { conversation_id: talk.id });
      const { file_id } = await give(alice);
      const body = { content: 'between us', file_ids: [file_id] };
      const sent = await alice.post(`/conversations/${talk.id}/messages`, body, 201);
      await alice.delete(`/files/${file.file_id}`, 204);
      await alice.delete(`/messages/${sent.id}`, 204);
      assert.deepEqual(await Promise.all([inRoom, allOfRoom, named, uploadsOnly, others].map(eventsOf)), before);
      assert.deepEqual(await eventsOf(star), ['direct_message_sent', ...ofStar]);
    });
  });
}
