import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ownCtx } from '../../src/context.ts';
import { forgetEvents } from '../../src/modules/events/forget.ts';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import { movableClock } from '../harness/auth.ts';
import type { Person } from '../harness/people.ts';
import { connect, listen } from './socket.ts';
import { openStream } from './stream.ts';

const DAY = 86_400_000;
type Event = { id: string; type: string; room_id?: number; data: { id?: number; content?: string } };

for (const engine of engines)
  describe(`reading the event log on ${engine}`, () => {
    const clock = movableClock();
    let app: TestApp;
    let url: string;
    let alice: Person;
    let bob: Person;
    let room: number;
    before(async () => {
      app = await createTestApp(engine, { MAX_SOCKETS_PER_USER: '3' }, { now: clock.now });
      url = (await listen(app)).replace('ws', 'http');
      [alice, bob] = [await app.register('alice'), await app.register('bob')];
      room = (await alice.post('/rooms', { name: 'Kitchen', is_public: false }, 201)).id;
      await alice.post(`/rooms/${room}/members`, { user_id: bob.id }, 201);
    });
    after(() => app.close());
    const say = (content: string, place = room) => alice.post(`/rooms/${place}/messages`, { content }, 201);
    /** The end of the log, once everything in it can be read: what is committed beside others comes when they are done. */
    async function here(): Promise<string> {
      const { id } = await say('the mark');
      const { next_cursor: start } = await bob.get('/events?after=0&limit=1', 200);
      for (let after = start; ; ) {
        const page = await bob.get(`/events?after=${after}&limit=100&wait=5`, 200);
        const mark = page.events.find(({ type, data }: Event) => type === 'message_sent' && data.id === id);
        if (mark) return mark.id;
        after = page.next_cursor;
      }
    }
    /** A request over the port, which can be given up. */
    async function poll(query: string, { token }: Person = bob, signal?: AbortSignal) {
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`${url}/api/v1/events?${query}`, { headers, ...(signal ? { signal } : {}) });
      return {
        status: response.status,
        ...((await response.json()) as { data: { events: Event[]; next_cursor: string } }),
      };
    }
    /** Until so many of bob's readers wait. */
    async function waiting(count: number): Promise<void> {
      const readers = () => [...app.deps.realtime.hub.peopleIn(room)].find(({ userId }) => userId === bob.id)?.readers;
      while (count !== (readers()?.length ?? 0)) await new Promise((resolve) => setTimeout(resolve, 5));
    }

    test('page by page, each event once, in the order of the log', async () => {
      const start = await here();
      for (const content of ['1', '2', '3', '4', '5']) await say(content);
      const seen: Event[] = [];
      let after = start;
      for (let hasMore = true; hasMore; ) {
        const page = await bob.get(`/events?after=${after}&limit=2`, 200);
        assert.ok(page.events.length <= 2);
        seen.push(...page.events);
        [after, hasMore] = [page.next_cursor, page.has_more];
      }
      assert.deepEqual(
        seen.map(({ data }) => data.content),
        ['1', '2', '3', '4', '5'],
      );
      assert.deepEqual((await bob.get(`/events?after=${after}`, 200)).events, []);
      assert.equal(after, seen.at(-1)?.id);
    });

    test('without a place from now on, and from 0 everything there is', async () => {
      assert.deepEqual((await bob.get('/events', 200)).events, []);
      const all = await bob.get('/events?after=0&limit=100', 200);
      assert.ok(all.events.some(({ type, room_id }: Event) => type === 'user_joined' && room_id === room));
    });

    test('of some types, and of one room', async () => {
      const start = await here();
      const { id: other } = await alice.post('/rooms', { name: 'Hall' }, 201);
      await alice.post(`/rooms/${other}/members`, { user_id: bob.id }, 201);
      const { id } = await say('here');
      await say('there', other);
      await alice.put(`/messages/${id}`, { content: 'changed' }, 200);
      const typesOf = async (query: string) =>
        (await bob.get(`/events?after=${start}&${query}`, 200)).events.map(({ type }: Event) => type);
      assert.deepEqual(await typesOf('types=message_updated'), ['message_updated']);
      assert.deepEqual(await typesOf(`types=message_updated,message_sent&room_id=${room}`), [
        'message_sent',
        'message_updated',
      ]);
      assert.deepEqual(await typesOf(`room_id=${other}&types=message_sent`), ['message_sent']);
      assert.deepEqual(await typesOf('types=read_updated'), []);
      for (const query of ['types=nothing', 'types=', 'room_id=x', 'room_id=0'])
        assert.equal((await bob.get(`/events?after=${start}&${query}`, 400)).code, 'VALIDATION_FAILED');
      await bob.get('/events?room_id=999999', 404);
    });

    test('what is no place is refused; one that never was is gone', async () => {
      for (const after of ['x', '-1', '1.5', '01', '%00', '1e3', '99999999999999999', ''])
        assert.equal((await bob.get(`/events?after=${after}`, 400)).code, 'VALIDATION_FAILED', after);
      for (const query of ['limit=0', 'limit=101', 'wait=31', 'wait=-1', 'wait=x'])
        await bob.get(`/events?${query}`, 400);
      assert.equal((await bob.get('/events?after=9999999', 410)).code, 'CURSOR_EXPIRED');
    });

    test('waiting is answered by the first event one may see, and of what was asked for', async () => {
      const after = await here();
      const [any, edits] = [poll(`after=${after}&wait=30`), poll(`after=${after}&wait=30&types=message_updated`)];
      await waiting(2);
      await app.admin.post('/rooms', { name: 'Elsewhere', is_public: false }, 201);
      const { id } = await say('at last');
      assert.deepEqual(
        (await any).data.events.map(({ data }) => data.content),
        ['at last'],
      );
      await alice.put(`/messages/${id}`, { content: 'edited' }, 200);
      assert.deepEqual(
        (await edits).data.events.map(({ type }) => type),
        ['message_updated'],
      );
      const next = await bob.get(`/events?after=${(await any).data.next_cursor}`, 200);
      assert.deepEqual(
        next.events.map(({ type }: Event) => type),
        ['message_updated'],
      );
      await waiting(0);
    });

    test('waiting ends empty when the time is up', async () => {
      const after = await here();
      const { status, data } = await poll(`after=${after}&wait=1`);
      assert.deepEqual([status, data.events], [200, []]);
      await waiting(0);
    });

    test('who goes away while waiting leaves nothing behind', async () => {
      const gone = new AbortController();
      const after = await here();
      const polls = [1, 2, 3].map(() => poll(`after=${after}&wait=30`, bob, gone.signal).catch(() => 'gone'));
      await waiting(3);
      gone.abort();
      assert.deepEqual(await Promise.all(polls), ['gone', 'gone', 'gone']);
      await waiting(0);
    });

    test('who is suspended or signs out while waiting is told 401', async () => {
      const [dora, emil] = [await app.register('dora'), await app.register('emil')];
      const after = await here();
      for (const [person, end] of [
        [dora, () => app.admin.patch(`/admin/users/${dora.id}`, { suspended: true }, 200)],
        [emil, () => emil.post('/auth/logout', {}, 204)],
      ] as const) {
        const polled = poll(`after=${after}&wait=30`, person);
        while (app.deps.realtime.hub.placesOf(person.id) === undefined)
          await new Promise((resolve) => setTimeout(resolve, 5));
        await end();
        assert.equal((await polled).status, 401);
      }
    });

    test('who is put out of the room waited for is told of that', async () => {
      const { id: hall } = await alice.post('/rooms', { name: 'Hall', is_public: false }, 201);
      await alice.post(`/rooms/${hall}/members`, { user_id: bob.id }, 201);
      const polled = poll(`after=${await here()}&wait=30&room_id=${hall}`);
      await waiting(1);
      await alice.delete(`/rooms/${hall}/members/${bob.id}`, 204);
      assert.deepEqual(
        (await polled).data.events.map(({ type }) => type),
        ['user_left'],
      );
      await poll(`room_id=${hall}`).then(({ status }) => assert.equal(status, 404));
    });

    test('a public room can be read without being in it; a private one is not there', async () => {
      const carol = await app.register('carol');
      const { id: open } = await alice.post('/rooms', { name: 'Open' }, 201);
      const after = await here();
      await say('hello all', open);
      const { events } = await carol.get(`/events?after=${after}&room_id=${open}`, 200);
      assert.deepEqual(
        events.map(({ data }: Event) => data.content),
        ['hello all'],
      );
      assert.deepEqual((await carol.get(`/events?after=${after}&types=message_sent`, 200)).events, []);
      assert.equal((await carol.get(`/events?after=${after}&room_id=${room}`, 404)).code, 'ROOM_NOT_FOUND');
    });

    test('words edited and then deleted are shown to nobody any more', async () => {
      const after = await here();
      const { id } = await say('first secret');
      await alice.put(`/messages/${id}`, { content: 'second secret' }, 200);
      await alice.delete(`/messages/${id}`, 204);
      const { events } = await bob.get(`/events?after=${after}`, 200);
      assert.deepEqual(
        events.map(({ type }: Event) => type),
        ['message_sent', 'message_updated', 'message_deleted'],
      );
      assert.ok(!JSON.stringify(events).includes('secret'));
      const resumed = await connect(url.replace('http', 'ws'), bob, after);
      await resumed.next('message_deleted', (data) => data.message_id === id);
      assert.ok(!JSON.stringify(resumed.frames).includes('secret'));
      const stream = await openStream(url, bob, `?after=${after}`);
      await stream.next(({ event }) => event === 'message_deleted');
      assert.ok(!JSON.stringify(stream.events).includes('secret'));
      await Promise.all([resumed.close(), stream.close()]);
    });

    test('a place older than what is kept is 410, and says from where on there is something', async () => {
      const old = await here();
      await say('to be forgotten');
      await here();
      clock.advance(8 * DAY);
      const again = await app.login('bob');
      const carol = await app.login('alice');
      await carol.post(`/rooms/${room}/messages`, { content: 'kept' }, 201);
      await forgetEvents(ownCtx(app.deps, 'forget'));
      const refusal = await again.get(`/events?after=${old}`, 410);
      assert.equal(refusal.code, 'CURSOR_EXPIRED');
      const { events } = await again.get(`/events?after=${refusal.details.oldest}`, 200);
      assert.deepEqual(
        events.filter(({ type }: Event) => type === 'message_sent').map(({ data }: Event) => data.content),
        ['kept'],
      );
      assert.deepEqual((await again.get('/events?after=0', 200)).events, events);
      for (const resume of [old, '0', 'x', '-1', '99999999']) {
        const client = await connect(url.replace('http', 'ws'), again, resume);
        const { reason } = await client.next('resume_failed');
        assert.equal(reason, /^\d+$/.test(resume) ? 'expired' : 'unknown');
        const { id } = await carol.post(`/rooms/${room}/messages`, { content: 'live' }, 201);
        await client.next('room_message', (message) => message.id === id);
        await client.close();
      }
    });
  });
