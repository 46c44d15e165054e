import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createTestApp } from '../harness/app.ts';
import { movableClock } from '../harness/auth.ts';
import { places } from './places.ts';

for (const { name, engine, variables } of places) {
  describe(`addresses that need no token (${name})`, async () => {
    const clock = movableClock();
    const app = await createTestApp(
      engine,
      { ...(await variables()), ACCESS_TOKEN_SECONDS: '86400' },
      { now: clock.now },
    );
    after(app.close);
    const [alice, bob] = [await app.register('alice'), await app.register('bob')];
    const room = await alice.post('/rooms', { name: 'behind doors', is_public: false }, 201);
    const share = (name = 'a.txt', fields = { room_id: room.id }) => alice.upload({ name, content: name, fields }, 201);
    const open = (url: string, headers = {}) => app.stranger.request('GET', url, { headers });

    it('give the bytes to whoever has one, in parts too, until they expire', async () => {
      const file = await share();
      const { url, expires_at } = await alice.post(`/files/${file.file_id}/link`, { expires_in: 60 }, 200);
      assert.equal(Date.parse(expires_at), clock.now() + 60_000);
      const reply = await open(url);
      assert.deepEqual([reply.status, reply.text], [200, 'a.txt']);
      assert.equal(reply.headers['cross-origin-resource-policy'], 'cross-origin');
      assert.equal((await open(url, { range: 'bytes=0-0' })).text, 'a');
      clock.advance(59_000);
      assert.equal((await open(url)).status, 200);
      clock.advance(1_000);
      assert.equal((await open(url)).status, 404);
    });

    it('are good for one file and one time alone', async () => {
      const [one, two] = [await share('one.txt'), await share('two.txt')];
      const { url } = await alice.post(`/files/${one.file_id}/link`, {}, 200);
      const [, expires = '', signature = ''] = /expires=(\d+)&signature=(.+)$/.exec(url) ?? [];
      const at = (id: number, expires: string | number, signature: string) =>
        `/files/${id}/shared?expires=${expires}&signature=${signature}`;
      assert.equal((await open(at(one.file_id, expires, signature))).status, 200);
      await app.unchanged(async () => {
        for (const wrong of [
          at(two.file_id, expires, signature),
          at(999_999, expires, signature),
          at(one.file_id, Number(expires) + 1, signature),
          at(one.file_id, 9_007_199_254_740_991, signature),
          at(one.file_id, expires, signature.slice(1)),
          at(one.file_id, expires, `${signature}x`),
          at(one.file_id, expires, signature.toLowerCase()),
          at(one.file_id, expires, ''),
          at(one.file_id, expires, '%C3%A9'.repeat(10)),
        ])
          assert.equal((await open(wrong)).error?.code, 'FILE_NOT_FOUND', wrong);
        for (const malformed of ['', '?expires=1', '?signature=x', '?expires=-1&signature=x', '?expires=x&signature=x'])
          assert.equal((await open(`/files/${one.file_id}/shared${malformed}`)).status, 400);
      });
    });

    it('are made by whoever reads the file, for a week at most', async () => {
      const file = await share();
      await bob.post(`/files/${file.file_id}/link`, {}, 404);
      await app.stranger.post(`/files/${file.file_id}/link`, {}, 401);
      for (const expires_in of [0, -1, 604_801, 1.5, '60', null])
        assert.equal(
          (await alice.post(`/files/${file.file_id}/link`, { expires_in }, 400)).details.field,
          'expires_in',
        );
      const week = await alice.post(`/files/${file.file_id}/link`, { expires_in: 604_800 }, 200);
      assert.equal(Date.parse(week.expires_at), clock.now() + 604_800_000);
      const headers = { 'idempotency-key': 'the link' };
      const first = await alice.post(`/files/${file.file_id}/link`, {}, 200, headers);
      clock.advance(5_000);
      assert.deepEqual(await alice.post(`/files/${file.file_id}/link`, {}, 200, headers), first);
    });

    it('end with the file, its message or its room', async () => {
      const urlOf = async (id: number): Promise<string> => (await alice.post(`/files/${id}/link`, {}, 200)).url;
      const file = await share();
      const url = await urlOf(file.file_id);
      await alice.delete(`/files/${file.file_id}`, 204);
      assert.equal((await open(url)).status, 404);

      const attached = await share();
      const { id } = await alice.post(`/rooms/${room.id}/messages`, { file_ids: [attached.file_id] }, 201);
      const ofMessage = await urlOf(attached.file_id);
      await alice.delete(`/messages/${id}`, 204);
      assert.equal((await open(ofMessage)).status, 404);

      const inRoom = await urlOf((await share()).file_id);
      await alice.delete(`/rooms/${room.id}`, 204);
      assert.equal((await open(inRoom)).status, 404);
    });
  });
}
