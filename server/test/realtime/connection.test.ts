import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { openRaw } from './raw_socket.ts';
import { connect, listen, logged, open } from './socket.ts';

for (const engine of engines)
  describe(`connecting on ${engine}`, { concurrency: true }, () => {
    let app: TestApp;
    let url: string;
    let alice: Person;
    let bob: Person;
    let room: number;

    before(async () => {
      app = await createTestApp(engine, { SOCKET_AUTH_SECONDS: '1', HEARTBEAT_SECONDS: '1' });
      url = await listen(app);
      [alice, bob] = [await app.register('alice'), await app.register('bob')];
      room = (await alice.post('/rooms', { name: 'Kitchen' }, 201)).id;
    });
    after(() => app.close());

    test('the server says hello first, and then who one is', async () => {
      const client = await open(url);
      const hello = await client.next('hello');
      assert.equal(hello.heartbeat_ms, 1_000);
      const success = await client.ask('authenticate', { token: alice.token }, 'auth_success');
      assert.deepEqual(
        { user_id: success.user_id, username: success.username, role: success.role, user: success.user },
        {
          ...{ user_id: alice.id, username: 'alice', role: 'user' },
          user: { id: alice.id, username: 'alice', role: 'user', display_name: null },
        },
      );
      assert.ok(Date.parse(success.expires_at) > Date.parse(success.server_time));
      assert.ok(Number(success.last_event_id) >= Number(hello.last_event_id));
      assert.equal(client.frames[0]?.type, 'hello');
      await client.close();
    });

    test('a header with the upgrade does the same at once', async () => {
      for (const scheme of ['Bearer', 'bearer']) {
        const client = await open(url, { authorization: `${scheme} ${alice.token}` });
        assert.equal((await client.next('auth_success')).user_id, alice.id);
        assert.deepEqual(
          client.frames.slice(0, 2).map(({ type, request_id }) => [type, request_id]),
          [
            ['hello', undefined],
            ['auth_success', undefined],
          ],
        );
        await client.close();
      }
    });

    test('a header may go on from a place, which the address names', async () => {
      const { next_cursor } = await alice.get('/events', 200);
      const { id } = await alice.post(`/rooms/${room}/messages`, { content: 'missed' }, 201);
      const client = await open(`${url}/ws?resume=${next_cursor}`, { authorization: `Bearer ${alice.token}` });
      await client.next('room_message', (message) => message.id === id);
      await client.ask('ping', {}, 'pong');
      assert.equal(client.of('room_message').filter((message) => message.id === id).length, 1);
      const { count } = await client.next('resumed');
      const last = client.frames.findIndex(({ type }) => type === 'resumed');
      assert.equal(count, logged({ ...client, frames: client.frames.slice(0, last) }).length);
      await client.close();
    });

    test('what is no token closes the socket with 4001', async () => {
      const [head, claims, signature] = alice.token.split('.');
      const other = Buffer.from(
        JSON.stringify({ ...JSON.parse(Buffer.from(claims ?? '', 'base64url').toString()), sub: `${bob.id}` }),
      ).toString('base64url');
      const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
      const wrong = ['x', `${head}.${other}.${signature}`, `${none}.${claims}.`, `${alice.token}x`, alice.refreshToken];
      for (const token of wrong) {
        const client = await open(url);
        const error = await client.ask('authenticate', { token }, 'auth_error');
        assert.equal(error.code, 'INVALID_TOKEN');
        assert.equal(error.retry_after, null);
        assert.equal(await client.closed(), 4001);
        const header = await open(url, { authorization: `Bearer ${token}` });
        assert.equal((await header.next('auth_error')).code, 'INVALID_TOKEN');
        assert.equal(await header.closed(), 4001);
      }
      for (const data of [{}, { token: 1 }, { token: '' }, { token: alice.token, user_id: bob.id }, { token: null }]) {
        const client = await open(url);
        assert.equal((await client.ask('authenticate', data, 'auth_error')).code, 'VALIDATION_FAILED');
        assert.equal(await client.closed(), 4001);
      }
    });

    test('nobody is let in who is suspended, or has signed out', async () => {
      const [gone, out] = [await app.register('gone'), await app.register('out')];
      await app.admin.patch(`/admin/users/${gone.id}`, { suspended: true }, 200);
      await out.post('/auth/logout', {}, 204);
      for (const { token } of [gone, out]) {
        const client = await open(url);
        assert.equal((await client.ask('authenticate', { token }, 'auth_error')).code, 'INVALID_TOKEN');
        assert.equal(await client.closed(), 4001);
      }
    });

    test('who says nothing, or only other things, is closed in time', async () => {
      const [silent, chatty] = [await open(url), await open(url)];
      chatty.send({ type: 'ping', data: {} });
      assert.deepEqual(await Promise.all([silent.closed(), chatty.closed()]), [4001, 4001]);
      assert.deepEqual(chatty.of('pong'), []);
    });

    test('frames sent in one breath with authenticate are worked on in their order, whichever comes first', async () => {
      for (const order of [
        ['authenticate', 'join_room', 'ping'],
        ['join_room', 'authenticate', 'ping'],
        ['join_room', 'ping', 'authenticate'],
      ]) {
        const client = await open(url);
        const data = { authenticate: { token: bob.token }, join_room: { room_id: room }, ping: { timestamp: 'now' } };
        for (const type of order) client.send({ type, data: data[type as keyof typeof data], request_id: type });
        await client.next('pong');
        const answers = client.frames.filter(({ request_id }) => request_id !== undefined);
        assert.deepEqual(
          answers.map(({ type }) => type),
          ['auth_success', 'room_joined', 'pong'],
        );
        await client.close();
      }
    });

    test('at most eight frames and 16 KiB wait for authenticate', async () => {
      const eight = await open(url);
      for (let at = 0; at < 8; at++) eight.send({ type: 'ping', data: { timestamp: at } });
      eight.send({ type: 'authenticate', data: { token: bob.token } });
      await eight.next('pong', ({ timestamp }) => timestamp === 7);
      await eight.close();
      const nine = await open(url);
      for (let at = 0; at < 9; at++) nine.send({ type: 'ping', data: {} });
      assert.equal(await nine.closed(), 4003);
      const long = await open(url);
      for (let at = 0; at < 2; at++) long.send({ type: 'ping', data: { timestamp: 'x'.repeat(9_000) } });
      assert.equal(await long.closed(), 4003);
      const pinging = await open(url);
      for (let at = 0; at < 9; at++) pinging.ws.ping();
      assert.equal(await pinging.closed(), 4003);
    });

    test('what was wrong with authenticate is said by name, on the frame and at the close', async () => {
      for (const [data, field] of [
        [{ token: alice.token, resume: 17 }, 'resume'],
        [{}, 'token'],
        [{ token: alice.token, more: 1 }, 'more'],
      ] as const) {
        const client = await open(url);
        const reason = new Promise((resolve) => client.ws.once('close', (_, text) => resolve(String(text))));
        const { code, details } = await client.ask('authenticate', data, 'auth_error');
        assert.deepEqual([code, details.field], ['VALIDATION_FAILED', field]);
        assert.deepEqual([await client.closed(), await reason], [4001, 'VALIDATION_FAILED']);
      }
    });

    test('an answer to a ping is free, and one that nobody asked for counts as a frame', async () => {
      const client = await open(url);
      await client.next('hello');
      for (let at = 0; at < 9; at++) client.ws.pong();
      assert.equal(await client.closed(), 4003);
    });

    test('ping, heartbeats and goodbye', async () => {
      const client = await connect(url, alice);
      for (const timestamp of [1, 'soon', null, { a: [] }])
        assert.deepEqual((await client.ask('ping', { timestamp }, 'pong')).timestamp, timestamp);
      assert.equal((await client.ask('ping', {}, 'pong')).timestamp, null);
      const { id } = await alice.post(`/rooms/${room}/messages`, { content: 'tick' }, 201);
      const { event_id } = await client.next('room_message', (message) => message.id === id);
      await client.next('heartbeat', ({ last_event_id }) => Number(last_event_id) >= Number(event_id));
      client.send({ type: 'disconnect', data: { reason: 'bedtime' } });
      assert.equal(await client.closed(), 1000);
      const other = await connect(url, alice);
      other.ws.ping('still here?');
      await new Promise((resolve) => other.ws.once('pong', resolve));
      await other.close();
    });

    test('a socket that never answers a ping is given up', async () => {
      const raw = await openRaw(url, [`Authorization: Bearer ${alice.token}`]);
      await raw.ended;
      assert.equal(await raw.closed(), 0);
      raw.socket.destroy();
    });
  });
