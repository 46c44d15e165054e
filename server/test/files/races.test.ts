import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { engines } from '../engines.ts';
import { createTestApp } from '../harness/app.ts';

/** Whose locks come first depends on the room. */
const ROOMS = 6;
const ROUNDS = 6;

for (const engine of engines)
  describe(`a file that is hung on messages and deleted at the same time (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const alice = await app.register('alice');

    it('is on one message or none, and gone in the end', async () => {
      for (let place = 0; place < ROOMS; place++) {
        const room = (await alice.post('/rooms', { name: `Room ${place}` }, 201)).id;
        for (let round = 0; round < ROUNDS; round++) {
          const file = (await alice.upload({ name: 'a.txt', content: `${place} ${round}` }, 201)).file_id;
          const send = { body: { content: 'look', file_ids: [file] } };
          const sent = [0, 1].map(() => alice.request('POST', `/rooms/${room}/messages`, send));
          const [one, other, gone] = await Promise.all([...sent, alice.request('DELETE', `/files/${file}`)]);
          const taken = [one, other].filter((answer) => answer?.status === 201).length;
          for (const answer of [one, other]) assert.ok([201, 422].includes(answer?.status as number));
          assert.ok(taken <= 1);
          assert.equal(gone?.status, 204);
          await alice.get(`/files/${file}`, 404);
        }
      }
    });
  });
