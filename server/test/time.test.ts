import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';
import { movableClock } from './harness/auth.ts';

for (const engine of engines) {
  describe(`what time changes (${engine})`, async () => {
    const clock = movableClock();
    const app = await createTestApp(engine, { ACCESS_TOKEN_SECONDS: '86400' }, { now: clock.now });
    after(app.close);
    const [alice, bob] = [await app.register('alice'), await app.register('bob')];

    it('a ban that ran out keeps nobody from being mentioned, nor from his mentions', async () => {
      const { id } = await alice.post('/rooms', { name: 'banned for a while' }, 201);
      await bob.post(`/rooms/${id}/join`, {}, 201);
      const before = await alice.post(`/rooms/${id}/messages`, { content: 'before @bob' }, 201);
      await alice.put(`/rooms/${id}/bans/${bob.id}`, { until: new Date(clock.now() + 60_000).toISOString() }, 200);
      assert.deepEqual((await alice.post(`/rooms/${id}/messages`, { content: 'meanwhile @bob' }, 201)).mentions, []);
      assert.deepEqual((await bob.get('/users/me/mentions', 200)).messages, []);
      clock.advance(61_000);
      await bob.post(`/rooms/${id}/join`, {}, 201);
      const later = await alice.post(`/rooms/${id}/messages`, { content: 'after @bob' }, 201);
      assert.deepEqual(later.mentions, [bob.id]);
      assert.equal((await bob.get(`/rooms/${id}`, 200)).mention_count, 1);
      const listed = (await bob.get('/users/me/mentions', 200)).messages.map((message: { id: number }) => message.id);
      assert.deepEqual(listed, [later.id, before.id]);
    });

    it('a clock that was put back does not take a room’s activity back', async () => {
      const { id } = await alice.post('/rooms', { name: 'clock' }, 201);
      await alice.post(`/rooms/${id}/messages`, { content: 'on time' }, 201);
      const { last_activity } = await alice.get(`/rooms/${id}`, 200);
      clock.advance(-60_000);
      await alice.post(`/rooms/${id}/messages`, { content: 'too early' }, 201);
      assert.equal((await alice.get(`/rooms/${id}`, 200)).last_activity, last_activity);
      clock.advance(60_000);
    });

    it('slow mode says when the next message may come', async () => {
      const { id } = await alice.post('/rooms', { name: 'slow', slow_mode_seconds: 30 }, 201);
      await bob.post(`/rooms/${id}/join`, {}, 201);
      await bob.post(`/rooms/${id}/messages`, { content: 'one' }, 201);
      clock.advance(10_500);
      const reply = await app.unchanged(() =>
        bob.request('POST', `/rooms/${id}/messages`, { body: { content: 'two' } }),
      );
      assert.deepEqual(
        [reply.status, reply.error.code, reply.headers['retry-after']],
        [429, 'RATE_LIMIT_EXCEEDED', '20'],
      );
      assert.deepEqual(reply.error.details, { scope: 'slow_mode', limit: 1, window: 30, retry_after: 20 });
      await alice.post(`/rooms/${id}/messages`, { content: 'the owner need not wait' }, 201);
      await alice.post(`/rooms/${id}/messages`, { content: 'at all' }, 201);
      clock.advance(20_000);
      await bob.post(`/rooms/${id}/messages`, { content: 'two' }, 201);
    });
  });
}

for (const engine of engines) {
  describe(`renaming and writing at once (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);

    it('never leaves the former name behind', async () => {
      for (let round = 0; round < 5; round++) {
        const eve = await app.register(`eve${round}`);
        const { id } = await eve.post('/rooms', { name: 'names' }, 201);
        await Promise.all([
          eve.post(`/rooms/${id}/messages`, { content: 'first' }, 201),
          eve.put('/users/me', { username: `evelyn${round}` }, 200),
          eve.post(`/rooms/${id}/messages`, { content: 'second' }, 201),
          eve.get(`/rooms/${id}/messages`, 200),
        ]);
        const { messages } = await eve.get(`/rooms/${id}/messages`, 200);
        assert.deepEqual(
          messages.map(({ username }: { username: string }) => username),
          [`evelyn${round}`, `evelyn${round}`],
        );
      }
    });

    it('audits an admin’s deletion in a private room once, also when he asks for the thing as it was', async () => {
      const alice = await app.register('alice');
      const { id } = await alice.post('/rooms', { name: 'private', is_public: false }, 201);
      const sent = await alice.post(`/rooms/${id}/messages`, { content: 'gone' }, 201);
      const gone = await app.admin.request('DELETE', `/messages/${sent.id}`, {
        headers: { prefer: 'return=representation' },
      });
      assert.deepEqual([gone.status, gone.data.content], [200, 'gone']);
      const rows = await app.deps.db.reader.all(
        {
          name: 'audit',
          sql: `select action from audit_log where container_id = ${id} and action in ('private_room_read', 'message_deleted')`,
        },
        [],
      );
      assert.deepEqual(
        rows.map(({ action }) => action),
        ['message_deleted'],
      );
    });
  });
}
