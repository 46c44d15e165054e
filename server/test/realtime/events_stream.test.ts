import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import { movableClock } from '../harness/auth.ts';
import type { Person } from '../harness/people.ts';
import { listen } from './socket.ts';
import { openStream } from './stream.ts';

for (const engine of engines)
  describe(`the stream of events on ${engine}`, () => {
    let app: TestApp;
    let url: string;
    let alice: Person;
    let bob: Person;
    let room: number;
    before(async () => {
      app = await createTestApp(engine);
      url = await listen(app);
      [alice, bob] = [await app.register('alice'), await app.register('bob')];
      room = (await alice.post('/rooms', { name: 'Kitchen', is_public: false }, 201)).id;
      await alice.post(`/rooms/${room}/members`, { user_id: bob.id }, 201);
    });
    after(() => app.close());
    const say = (content: string) => alice.post(`/rooms/${room}/messages`, { content: content }, 201);

    test('begins with a comment, then tells what happens, in one line each', async () => {
      const stream = await openStream(url, bob);
      assert.match(stream.comments[0] ?? '', /^: /);
      await say('two\nlines\r\n\u2028and more');
      const { event, data } = await stream.next(({ event }) => event === 'message_sent');
      assert.equal(event, 'message_sent');
      assert.deepEqual([data.room_id, data.data.content], [room, 'two\nlines\r\n\u2028and more']);
      await stream.close();
    });

    test('is answered as the document says', async () => {
      // Through `inject` nobody hangs up: her reader stays until the server closes.
      const { status, headers, text } = await alice.request('GET', '/events/stream?after=0');
      assert.deepEqual([status, headers['content-type']], [200, 'text/event-stream; charset=utf-8']);
      assert.match(text, /^: events\nid: \d+\n\n/);
    });

    test('goes on where it was cut, whatever the address says', async () => {
      const stream = await openStream(url, bob);
      const first = await say('one');
      const { id } = await stream.next(({ data }) => data.data.id === first.id);
      await stream.close();
      await say('two');
      await say('three');
      const again = await openStream(url, bob, '?after=0', { 'last-event-id': id });
      await again.next(({ data }) => data.data.content === 'three');
      assert.deepEqual(
        again.events.map(({ data }) => data.data.content),
        ['two', 'three'],
      );
      await again.close();
      const whole = await openStream(url, bob, '?after=0&types=user_joined');
      await whole.next(({ data }) => data.room_id === room);
      assert.ok(whole.events.every(({ event }) => event === 'user_joined'));
      await whole.close();
    });

    test('says at once where it begins, for whoever is cut off before anything happens', async () => {
      const stream = await openStream(url, bob, `?room_id=${room}`);
      const [, id = ''] = /^id: (\d+)$/m.exec(stream.comments[0] ?? '') ?? [];
      assert.deepEqual([id !== '', stream.events], [true, []]);
      await stream.close();
      await say('while nobody listened');
      const again = await openStream(url, bob, `?room_id=${room}`, { 'last-event-id': id });
      await again.next(({ data }) => data.data.content === 'while nobody listened');
      assert.equal(again.events.length, 1);
      await again.close();
    });

    test('is refused as the list is', async () => {
      let named: string | undefined;
      const ask = async (query: string, headers: Record<string, string> = {}) => {
        const response = await fetch(`${url.replace('ws', 'http')}/api/v1/events/stream${query}`, {
          headers: { authorization: `Bearer ${bob.token}`, ...headers },
        });
        const { error } = (await response.json()) as { error: { code: string; details: { field?: string } } };
        named = error.details.field;
        return [response.status, error.code];
      };
      assert.deepEqual(await ask('?after=x'), [400, 'VALIDATION_FAILED']);
      assert.deepEqual(await ask('?limit=x&types=none'), [400, 'VALIDATION_FAILED']);
      assert.deepEqual([await ask('', { 'last-event-id': 'x' }), named], [[400, 'VALIDATION_FAILED'], 'Last-Event-ID']);
      const expired = [410, 'CURSOR_EXPIRED'];
      // The field that is named is the one that was read: the header goes before the address.
      const header = { 'last-event-id': '9999999' };
      assert.deepEqual([await ask('?after=0', header), named], [expired, 'Last-Event-ID']);
      assert.deepEqual([await ask('?after=9999999'), named], [expired, 'after']);
      assert.deepEqual(await ask('?room_id=999999'), [404, 'ROOM_NOT_FOUND']);
      assert.deepEqual(await ask('', { authorization: 'Bearer wrong' }), [401, 'INVALID_TOKEN']);
    });

    test('ends with the session, a suspension, another role, and the server', async () => {
      const names = ['carol', 'dave', 'erin'] as const;
      const [carol, dave, erin] = (await Promise.all(names.map((name) => app.register(name)))) as [
        Person,
        Person,
        Person,
      ];
      const streams = await Promise.all([carol, dave, erin].map((person) => openStream(url, person)));
      await carol.post('/auth/logout', {}, 204);
      await app.admin.patch(`/admin/users/${dave.id}`, { suspended: true }, 200);
      await app.admin.patch(`/admin/users/${erin.id}`, { role: 'moderator' }, 200);
      await Promise.all(streams.map(({ over }) => over));
      for (const { id } of [carol, dave, erin]) assert.equal(app.deps.realtime.hub.placesOf(id), undefined);
      const other = await createTestApp(engine);
      const stream = await openStream(await listen(other), other.admin);
      await other.close();
      await stream.over;
    });

    test('whoever goes away leaves nothing behind', async () => {
      for (let at = 0; at < 15; at++) {
        const gone = new AbortController();
        const asked = fetch(`${url.replace('ws', 'http')}/api/v1/events/stream?after=0`, {
          headers: { authorization: `Bearer ${bob.token}` },
          signal: gone.signal,
        }).catch(() => undefined);
        for (let turn = 0; turn < at; turn++) await new Promise((resolve) => setImmediate(resolve));
        gone.abort();
        await asked;
      }
      while (app.deps.realtime.hub.placesOf(bob.id) !== undefined)
        await new Promise((resolve) => setTimeout(resolve, 5));
    });
  });

for (const engine of engines)
  test(`a stream ends with the token it was opened with, on ${engine}`, async () => {
    const clock = movableClock();
    const app = await createTestApp(engine, { ACCESS_TOKEN_SECONDS: '5' }, { now: clock.now });
    const url = await listen(app);
    const bob = await app.register('bob');
    clock.advance(3_000);
    const later = await app.login('bob');
    const [short, long] = [await openStream(url, bob), await openStream(url, later)];
    await short.over;
    assert.deepEqual(
      [...app.deps.realtime.hub.countReaders()].filter(({ count }) => count > 0),
      [{ kind: 'http', state: 'live', count: 1 }],
    );
    const { id } = await later.post('/rooms', { name: 'Kitchen' }, 201);
    await long.next(({ data }) => data.room_id === id);
    assert.deepEqual(short.events, []);
    clock.advance(5_000);
    assert.equal((await later.request('GET', '/events/stream')).status, 401);
    await long.close();
    await app.close();
  });

for (const engine of engines)
  test(`as many readers as sockets, and no more, on ${engine}`, async () => {
    const app = await createTestApp(engine, { RATE_LIMITS: 'on', MAX_SOCKETS_PER_USER: '2' });
    const url = await listen(app);
    const streams = [await openStream(url, app.admin), await openStream(url, app.admin)];
    const headers = { authorization: `Bearer ${app.admin.token}` };
    for (const path of ['events/stream', 'events?wait=30']) {
      const refused = await fetch(`${url.replace('ws', 'http')}/api/v1/${path}`, { headers });
      assert.equal(refused.status, 429);
      assert.ok(Number(refused.headers.get('retry-after')) > 0);
    }
    await streams[0]?.close();
    const readers = () => [...app.deps.realtime.hub.peopleIn(1)].flatMap((person) => [...person.readers]).length;
    while (readers() > 1) await new Promise((resolve) => setTimeout(resolve, 5));
    const again = await openStream(url, app.admin);
    await Promise.all([streams[1]?.close(), again.close()]);
    await app.close();
  });
