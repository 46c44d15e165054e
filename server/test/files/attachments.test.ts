import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { textOf } from '../../src/db/statement.ts';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { stored } from './stored.ts';

for (const engine of engines) {
  describe(`files that hang on messages (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const [alice, bob, mallory] = [
      await app.register('alice'),
      await app.register('bob'),
      await app.register('mallory'),
    ];
    const room = await alice.post('/rooms', { name: 'pictures', is_public: false }, 201);
    const other = await alice.post('/rooms', { name: 'other' }, 201);
    await alice.post(`/rooms/${room.id}/members`, { user_id: bob.id }, 201);
    const talk = await alice.post('/conversations', { user_id: bob.id }, 201);
    const path = `/rooms/${room.id}/messages`;
    const give = async (person: Person, fields = {}, content = `${Math.random()}`): Promise<number> =>
      (await person.upload({ name: 'a.txt', content, fields }, 201)).file_id;
    const newest = async (person: Person) => (await person.get(path, 200)).messages[0];

    it('alice sends two of hers, in her order; bob sees them and may read them, mallory may not', async () => {
      const [one, two] = [await give(alice), await give(alice, { room_id: room.id })];
      await bob.get(`/files/${one}`, 404);
      const sent = await alice.post(path, { content: 'look', file_ids: [two, one] }, 201);
      assert.deepEqual(
        sent.attachments.map(({ file_id }: { file_id: number }) => file_id),
        [two, one],
      );
      assert.deepEqual(sent.attachments[1], {
        ...{ file_id: one, filename: 'a.txt', size: sent.attachments[1].size, mime_type: 'text/plain' },
        ...{ url: `/api/v1/files/${one}/download`, thumbnail_url: `/api/v1/files/${one}/thumbnail` },
        ...{ width: null, height: null },
      });
      assert.deepEqual(await newest(bob), sent);
      assert.deepEqual(await bob.get(`/messages/${sent.id}`, 200), sent);
      const file = await bob.get(`/files/${one}`, 200);
      assert.deepEqual([file.room_id, file.message_id], [room.id, sent.id]);
      await mallory.get(`/files/${one}/download`, 404);
      assert.equal((await bob.get(`/rooms/${room.id}/files`, 200)).total, 2);
    });

    it('words may be missing beside files, and only then', async () => {
      const silent = await alice.post(path, { file_ids: [await give(alice)] }, 201);
      assert.equal(silent.content, '');
      const empty = await alice.post(path, { content: '', file_ids: [await give(alice)] }, 201);
      assert.equal(empty.content, '');
      for (const body of [{}, { file_ids: [] }, { content: '' }, { content: ' ', file_ids: [] }])
        assert.equal((await alice.post(path, body, 400)).details.field, 'content');
      const edited = await alice.put(`/messages/${empty.id}`, { content: 'a caption' }, 200);
      assert.equal(edited.attachments.length, 1);
      assert.equal((await alice.put(`/messages/${empty.id}`, { content: '' }, 200)).attachments.length, 1);
      const words = await alice.post(path, { content: 'words' }, 201);
      assert.equal((await alice.put(`/messages/${words.id}`, { content: '' }, 400)).details.field, 'content');
    });

    it('another’s, a missing, a deleted, an attached and one of elsewhere are all refused alike', async () => {
      const used = await give(alice);
      await alice.post(path, { file_ids: [used] }, 201);
      const deleted = await give(alice);
      await alice.delete(`/files/${deleted}`, 204);
      const wrong = {
        another: await give(bob),
        'another, here': await give(bob, { room_id: room.id }),
        missing: 999_999,
        used,
        deleted,
        elsewhere: await give(alice, { room_id: other.id }),
        direct: await give(alice, { conversation_id: talk.id }),
      };
      const mine = await give(alice);
      await app.unchanged(async () => {
        for (const [what, id] of Object.entries(wrong)) {
          const { code, details } = await alice.post(path, { content: 'x', file_ids: [mine, id] }, 422);
          assert.deepEqual(
            [code, details],
            ['UNPROCESSABLE', { reason: 'file_not_attachable', field: 'file_ids', file_id: id }],
            what,
          );
        }
        await mallory.post(`/rooms/${other.id}/messages`, { content: 'x', file_ids: [mine] }, 403);
        for (const file_ids of [
          [mine, mine],
          Array(11)
            .fill(0)
            .map((_, i) => i + 1),
          ['1'],
          'x',
          [1.5],
          [0],
          {},
          7,
        ])
          await alice.post(path, { content: 'x', file_ids }, 400);
      });
      assert.equal((await alice.get(`/files/${mine}`, 200)).message_id, null);
    });

    it('one file hangs on one message, whoever asks for it at once', async () => {
      for (let round = 0; round < 5; round++) {
        const id = await give(alice);
        const places = [path, `/conversations/${talk.id}/messages`, `/rooms/${other.id}/messages`, path];
        const replies = await Promise.all(
          places.map((place) => alice.request('POST', place, { body: { file_ids: [id] } })),
        );
        assert.deepEqual(replies.map(({ status }) => status).sort(), [201, 422, 422, 422]);
        const sent = replies.find(({ status }) => status === 201)?.data;
        assert.equal((await alice.get(`/files/${id}`, 200)).message_id, sent.id);
      }
    });

    it('a file that is deleted while it is sent is on the message, or the message is not sent', async () => {
      for (let round = 0; round < 8; round++) {
        const id = await give(alice);
        const [sent] = await Promise.all([
          alice.request('POST', path, { body: { content: 'x', file_ids: [id] } }),
          alice.request('DELETE', `/files/${id}`),
        ]);
        assert.ok(sent.status === 201 || sent.status === 422, sent.text);
        if (sent.status !== 201) continue;
        const left = (await alice.get(`/messages/${sent.data.id}`, 200)).attachments;
        assert.equal((await alice.request('GET', `/files/${id}`)).status, left.length === 1 ? 200 : 404);
      }
    });

    it('a deleted file leaves its message, which has another version', async () => {
      const [one, two] = [await give(alice), await give(alice)];
      const sent = await alice.post(path, { content: 'look', file_ids: [one, two] }, 201);
      await newest(bob);
      await alice.delete(`/files/${one}`, 204);
      const left = await newest(bob);
      assert.deepEqual(
        left.attachments.map(({ file_id }: { file_id: number }) => file_id),
        [two],
      );
      assert.ok(left.version > sent.version);
      const [event] = await app.deps.db.reader.all(
        textOf(`select message_id, version from events where type = 'file_deleted' order by id desc limit 1`),
        [],
      );
      assert.deepEqual(event, { message_id: sent.id, version: left.version });
    });

    it('a deleted message takes its files along, and their bytes', async () => {
      const before = (await stored(app)).length;
      const id = await give(alice, {}, 'only here');
      const sent = await alice.post(path, { content: 'x', file_ids: [id] }, 201);
      const gone = await alice.delete(`/messages/${sent.id}`, 200, { prefer: 'return=representation' });
      assert.equal(gone.attachments[0].file_id, id);
      for (const person of [alice, bob]) await person.get(`/files/${id}/download`, 404);
      assert.equal((await stored(app)).length, before);
    });

    it('a repeated send is one message with its files; with others it is another request', async () => {
      const [one, two] = [await give(alice), await give(alice)];
      const body = { content: 'x', metadata: { client_id: 'with files' }, file_ids: [one] };
      const first = await alice.post(path, body, 201);
      assert.deepEqual(await alice.post(path, body, 201), first);
      assert.equal(first.attachments.length, 1);
      assert.equal((await alice.post(path, { ...body, file_ids: [two] }, 422)).code, 'IDEMPOTENCY_MISMATCH');
    });

    it('in a conversation the two of it see the file, and nobody else', async () => {
      const id = await give(bob, { conversation_id: talk.id });
      await alice.get(`/files/${id}`, 200);
      const sent = await bob.post(`/conversations/${talk.id}/messages`, { file_ids: [id] }, 201);
      assert.equal((await alice.get(`/conversations/${talk.id}/messages`, 200)).messages[0].attachments.length, 1);
      for (const person of [mallory, app.admin]) await person.get(`/files/${id}/download`, 404);
      await alice.delete(`/files/${id}`, 403);
      await bob.delete(`/messages/${sent.id}`, 204);
      await alice.get(`/files/${id}`, 404);
    });
  });
}
