import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { type Client, connect } from '../realtime/socket.ts';
import { openStream } from '../realtime/stream.ts';
import { openTown, type Town, ways } from './town.ts';

/** What acts at once elsewhere acts here within a second (docs/explanation/many-nodes.md); a busy machine may take longer. */
const AT_ONCE_MS = 5_000;

for (const way of ways)
  describe(`two servers on one database, which hear of each other by ${way}`, () => {
    let town: Town;
    let here: TestApp;
    let room: number;
    let alice: Person;
    let bob: Person;
    /** Bob, who asks the other server. */
    let there: Person;
    before(async () => {
      town = await openTown(way, 2);
      here = town.apps[0] as TestApp;
      [alice, bob] = [await here.register('alice'), await here.register('bob')];
      room = (await alice.post('/rooms', { name: 'Bridge', is_public: false }, 201)).id;
      await alice.post(`/rooms/${room}/members`, { user_id: bob.id }, 201);
      there = town.at(1, bob);
    });
    after(() => town.close());

    const at = (index: number, who: Person): Promise<Client> => connect(town.urls[index] as string, who);
    const say = (content: string): Promise<{ id: number }> =>
      alice.post(`/rooms/${room}/messages`, { content }, 201) as Promise<{ id: number }>;
    /** Asks until the answer is as wanted, for as long as it may take. */
    async function soon(act: () => Promise<{ status: number }>, status: number): Promise<void> {
      const begun = performance.now();
      while ((await act()).status !== status) {
        assert.ok(performance.now() - begun < AT_ONCE_MS, `not ${status} in time`);
        await sleep(20);
      }
    }

    test('they were begun on an empty database at the same time, and have one admin between them', async () => {
      const shared = town.at(1, here.admin);
      assert.equal((await shared.get('/users/me', 200)).id, 1);
    });

    test('what is sent at one is heard at the other: by a socket, a stream and a poll', async () => {
      const socket = await at(1, bob);
      const stream = await openStream(town.urls[1] as string, bob);
      const { next_cursor } = await there.get('/events', 200);
      const poll = fetch(
        `${town.urls[1]?.replace('ws', 'http')}/api/v1/events?after=${next_cursor}&wait=10&types=message_sent`,
        {
          headers: { authorization: `Bearer ${bob.token}` },
        },
      );
      const { id } = await say('over the bridge');
      await socket.next('room_message', (data) => data.id === id);
      await stream.next(({ data }) => data.data.id === id);
      const polled = (await (await poll).json()) as { data: { events: { data: { id: number } }[] } };
      assert.deepEqual(
        polled.data.events.map(({ data }) => data.id),
        [id],
      );
      await alice.put(`/messages/${id}`, { content: 'over the river' }, 200);
      assert.equal((await socket.next('message_updated')).content, 'over the river');
      assert.equal((await there.get(`/messages/${id}`, 200)).content, 'over the river');
      await Promise.all([socket.close(), stream.close()]);
    });

    test('order and number are the same at both, whoever writes where', async () => {
      const sockets = await Promise.all([at(0, alice), at(1, bob), at(1, alice), at(0, bob)]);
      const sent: number[] = [];
      const write = async (who: Person) => {
        for (let n = 0; n < 25; n++)
          sent.push((await who.post(`/rooms/${room}/messages`, { content: `${n}` }, 201)).id);
      };
      await Promise.all([write(alice), write(there), write(bob), write(town.at(1, alice))]);
      const wanted = sent.sort((a, b) => a - b);
      for (const socket of sockets) {
        await socket.next('room_message', ({ id }) => id === wanted.at(-1));
        const seqs = socket.of('room_message').map(({ seq }) => seq);
        assert.deepEqual(
          socket.of('room_message').map(({ id }) => id),
          wanted,
        );
        assert.deepEqual(
          seqs,
          [...seqs].sort((a, b) => a - b),
        );
        await socket.close();
      }
    });

    test('who signs out at one is nobody at the other, and is closed there', async () => {
      const carol = await here.register('carol');
      const away = town.at(1, carol);
      await away.get('/users/me', 200);
      const socket = await at(1, carol);
      const begun = performance.now();
      await carol.post('/auth/logout', {}, 204);
      assert.equal(await socket.closed(), 4001);
      assert.ok(performance.now() - begun < AT_ONCE_MS);
      await away.get('/users/me', 401);
    });

    test('who is suspended, or gets another role, is so at the other, too', async () => {
      const dave = await here.register('dave');
      const away = town.at(1, dave);
      await away.get('/admin/users', 403);
      await here.admin.patch(`/admin/users/${dave.id}`, { role: 'admin' }, 200);
      await soon(() => away.request('GET', '/admin/users'), 200);
      const socket = await at(1, dave);
      await here.admin.patch(`/admin/users/${dave.id}`, { suspended: true }, 200);
      assert.equal(await socket.closed(), 4001);
      await soon(() => away.request('GET', '/users/me'), 401);
    });

    test('who is put out of a room hears that, and nothing after it, at the other', async () => {
      const erin = await here.register('erin');
      await alice.post(`/rooms/${room}/members`, { user_id: erin.id }, 201);
      const socket = await at(1, erin);
      await say('erin hears this');
      await socket.next('room_message');
      await alice.delete(`/rooms/${room}/members/${erin.id}`, 204);
      await socket.next('user_left', ({ user_id }) => user_id === erin.id);
      const { id } = await say('and not this');
      const last = await at(1, bob);
      await there.get(`/messages/${id}`, 200);
      await sleep(100);
      await socket.ask('ping', {}, 'pong');
      assert.equal(socket.of('room_message').length, 1);
      await alice.post(`/rooms/${room}/members`, { user_id: erin.id }, 201);
      const again = await say('erin is back');
      await socket.next('room_message', (data) => data.id === again.id);
      await Promise.all([socket.close(), last.close()]);
    });

    test('a new name is shown at the other, in what it has shown before, too', async () => {
      const frank = await here.register('frank');
      await alice.post(`/rooms/${room}/members`, { user_id: frank.id }, 201);
      const { id } = await frank.post(`/rooms/${room}/messages`, { content: 'me' }, 201);
      const name = async () => {
        const { messages } = await there.get(`/rooms/${room}/messages?limit=1`, 200);
        return messages.find((one: { id: number }) => one.id === id).username;
      };
      assert.equal(await name(), 'frank');
      await frank.patch('/users/me', { username: 'francis' }, 200);
      const begun = performance.now();
      while ((await name()) !== 'francis') {
        assert.ok(performance.now() - begun < AT_ONCE_MS);
        await sleep(20);
      }
    });
  });
