import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { engines } from './engines.ts';
import { createTestApp, type TestApp } from './harness/app.ts';
import type { Person } from './harness/people.ts';
import { type Client, connect, listen } from './realtime/socket.ts';

for (const engine of engines)
  describe(`typing said over REST (${engine})`, () => {
    let app: TestApp;
    let alice: Person;
    let bob: Person;
    let mallory: Person;
    let room: number;
    let conversation: number;
    let hears: Client;

    before(async () => {
      app = await createTestApp(engine);
      [alice, bob, mallory] = [await app.register('alice'), await app.register('bob'), await app.register('mallory')];
      room = (await alice.post('/rooms', { name: 'Kitchen', is_public: false }, 201)).id;
      await alice.post(`/rooms/${room}/members`, { user_id: bob.id }, 201);
      conversation = (await alice.post('/conversations', { user_id: bob.id }, 201)).id;
      hears = await connect(await listen(app), bob);
    });
    after(async () => {
      await hears.close();
      await app.close();
    });

    /** How often bob has been told, up to now. */
    const told = async (type: string) => {
      await hears.ask('ping', {}, 'pong');
      return hears.of(type).length;
    };

    it('is heard by the other one, until it ends', async () => {
      for (const [path, place] of [
        [`/rooms/${room}`, { room_id: room }],
        [`/conversations/${conversation}`, { conversation_id: conversation }],
      ] as const) {
        const fits = (data: Record<string, unknown>) => Object.entries(place).every(([name, id]) => data[name] === id);
        assert.deepEqual(await alice.post(`${path}/typing`, { typing: true }, 200), { ...place, typing: true });
        assert.deepEqual(await hears.next('typing_start', fits), { ...place, user_id: alice.id, username: 'alice' });
        assert.deepEqual(await alice.post(`${path}/typing`, { typing: false }, 200), { ...place, typing: false });
        assert.deepEqual(await hears.next('typing_stop', fits), { ...place, user_id: alice.id, username: 'alice' });
      }
    });

    it('needs no body, and is told once however often it is said', async () => {
      const before = await told('typing_start');
      const bodyless = await alice.request('POST', `/rooms/${room}/typing`);
      assert.deepEqual([bodyless.status, bodyless.data], [200, { room_id: room, typing: true }]);
      await alice.post(`/rooms/${room}/typing`, {}, 200);
      assert.equal(await told('typing_start'), before + 1);
      await alice.post(`/rooms/${room}/typing`, { typing: false }, 200);
      await alice.post(`/rooms/${room}/typing`, { typing: false }, 200);
      assert.equal(await told('typing_stop'), before + 1);
    });

    it('with a key is done once, and refused where the key was another request’s', async () => {
      const before = await told('typing_start');
      const key = { 'idempotency-key': 'typing-1' };
      const first = await alice.request('POST', `/rooms/${room}/typing`, { body: { typing: true }, headers: key });
      await alice.post(`/rooms/${room}/typing`, { typing: false }, 200);
      const again = await alice.request('POST', `/rooms/${room}/typing`, { body: { typing: true }, headers: key });
      assert.deepEqual([first.status, again.status, again.data], [200, 200, first.data]);
      assert.equal(await told('typing_start'), before + 1);
      const other = await alice.post(`/rooms/${room}/typing`, { typing: false }, 422, key);
      assert.equal(other.code, 'IDEMPOTENCY_MISMATCH');
    });

    it('of what is no such thing is refused, and nobody hears of it', async () => {
      const before = await told('typing_start');
      await app.unchanged(async () => {
        for (const typing of [null, 0, 'yes', [], {}])
          assert.equal((await alice.post(`/rooms/${room}/typing`, { typing }, 400)).details.field, 'typing');
        assert.equal((await alice.post(`/rooms/${room}/typing`, { typing: true, to: 1 }, 400)).details.field, 'to');
        assert.equal((await alice.post('/rooms/x/typing', {}, 400)).details.field, 'room_id');
        assert.equal((await alice.post('/conversations/999999/typing', {}, 404)).code, 'CONVERSATION_NOT_FOUND');
        assert.equal((await alice.post(`/rooms/${conversation}/typing`, {}, 404)).code, 'ROOM_NOT_FOUND');
        assert.equal((await mallory.post(`/rooms/${room}/typing`, {}, 404)).code, 'ROOM_NOT_FOUND');
        assert.equal(
          (await mallory.post(`/conversations/${conversation}/typing`, {}, 404)).code,
          'CONVERSATION_NOT_FOUND',
        );
        await app.stranger.post(`/rooms/${room}/typing`, {}, 401);
      });
      assert.equal(await told('typing_start'), before);
    });

    it('does not reach across a block, in either direction', async () => {
      await bob.post(`/conversations/${conversation}/block`, { blocked: true }, 200);
      const before = await told('typing_start');
      for (const person of [alice, bob])
        assert.equal((await person.post(`/conversations/${conversation}/typing`, {}, 403)).code, 'USER_BLOCKED');
      assert.equal(await told('typing_start'), before);
    });
  });
