import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { engines } from '../engines.ts';
import { createTestApp, passwordOf, type TestApp } from '../harness/app.ts';
import { movableClock } from '../harness/auth.ts';
import type { Person } from '../harness/people.ts';
import { openRaw, textFrame } from './raw_socket.ts';
import { connect, listen, open } from './socket.ts';

const sessionOf = ({ token }: Person): string =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid;

for (const engine of engines)
  describe(`the end of a socket on ${engine}`, { concurrency: true }, () => {
    let app: TestApp;
    let url: string;
    let owner: Person;
    let room: number;
    before(async () => {
      app = await createTestApp(engine);
      url = await listen(app);
      owner = await app.register('owner');
      room = (await owner.post('/rooms', { name: 'Kitchen' }, 201)).id;
    });
    after(() => app.close());

    test('signing out ends the sockets of that session, and of no other', async () => {
      const first = await app.register('anna');
      const second = await app.login('anna');
      const [one, again, other] = [await connect(url, first), await connect(url, first), await connect(url, second)];
      await first.post('/auth/logout', {}, 204);
      assert.deepEqual(await Promise.all([one.closed(), again.closed()]), [4001, 4001]);
      await other.ask('ping', {}, 'pong');
      await second.post('/auth/logout?all=true', {}, 204);
      assert.equal(await other.closed(), 4001);
    });

    test('ending another session of mine ends its sockets', async () => {
      const [here, there] = [await app.register('bert'), await app.login('bert')];
      const [mine, lost] = [await connect(url, here), await connect(url, there)];
      await here.delete(`/auth/sessions/${sessionOf(there)}`, 204);
      assert.equal(await lost.closed(), 4001);
      await mine.ask('ping', {}, 'pong');
      await mine.close();
    });

    test('a new password ends the sockets of the other sessions', async () => {
      const [here, there] = [await app.register('cora'), await app.login('cora')];
      const [mine, lost] = [await connect(url, here), await connect(url, there)];
      const body = { current_password: passwordOf('cora'), new_password: 'quite another one' };
      await here.put('/auth/password', body, 200);
      assert.equal(await lost.closed(), 4001);
      await mine.ask('ping', {}, 'pong');
      await mine.close();
    });

    test('a suspension ends all of a person’s sockets', async () => {
      const [here, there] = [await app.register('dora'), await app.login('dora')];
      const [one, two] = [await connect(url, here), await connect(url, there)];
      await app.admin.patch(`/admin/users/${here.id}`, { suspended: true }, 200);
      assert.deepEqual(await Promise.all([one.closed(), two.closed()]), [4001, 4001]);
      const later = await open(url);
      assert.equal((await later.ask('authenticate', { token: here.token }, 'auth_error')).code, 'INVALID_TOKEN');
    });

    test('who gets another role has to come back', async () => {
      const emil = await app.register('emil');
      const before = await connect(url, emil);
      await app.admin.patch(`/admin/users/${emil.id}`, { role: 'moderator' }, 200);
      assert.equal(await before.closed(), 1012);
      const after = await open(url);
      assert.equal((await after.ask('authenticate', { token: emil.token }, 'auth_success')).role, 'moderator');
      await after.close();
    });

    test('who is no admin any more hears nothing of admins, however long the old socket lingers', async () => {
      const fred = await app.registerAs('admin', 'fred');
      const lingering = await openRaw(url, [`Authorization: Bearer ${fred.token}`]);
      while (!lingering.texts().some(({ type }) => type === 'auth_success')) await once(lingering.socket, 'data');
      await app.admin.patch(`/admin/users/${fred.id}`, { role: 'user' }, 200);
      assert.equal(await lingering.closed(), 1012);
      const fresh = await connect(url, fred);
      const watching = await connect(url, app.admin);
      const newcomer = await app.register('newcomer');
      await watching.next('user_created', ({ user_id }) => user_id === newcomer.id);
      await fresh.ask('ping', {}, 'pong');
      assert.ok(fresh.of('user_created').every(({ user_id }) => user_id !== newcomer.id));
      lingering.write(textFrame({ type: 'send_message', data: { room_id: room, content: 'too late' } }));
      await Promise.all([fresh.close(), watching.close(), lingering.ended]);
      lingering.socket.destroy();
    });

    test('a socket ends with its token, unless it is renewed', async () => {
      const clock = movableClock();
      const apart = await createTestApp(engine, {}, { now: clock.now });
      const there = await listen(apart);
      const gina = await apart.register('gina');
      const [left, renewed] = [await connect(there, gina), await connect(there, gina)];
      clock.advance(600_000);
      const { access_token } = await apart.stranger.post('/auth/refresh', { refresh_token: gina.refreshToken }, 200);
      await renewed.ask('authenticate', { token: access_token }, 'auth_success');
      clock.advance(300_000);
      assert.equal(await left.closed(), 4001);
      await gina.get('/rooms', 401);
      await renewed.ask('list_dms', {}, 'dm_list');
      await renewed.close();
      await apart.close();
    });

    test('renewed with another session, a socket ends with that', async () => {
      const [first, second] = [await app.register('hans'), await app.login('hans')];
      const client = await connect(url, first);
      await client.ask('authenticate', { token: second.token }, 'auth_success');
      await first.post('/auth/logout', {}, 204);
      await client.ask('ping', {}, 'pong');
      await second.post('/auth/logout', {}, 204);
      assert.equal(await client.closed(), 4001);
    });

    test('a socket is one person’s: another’s token, or a wrong one, ends it', async () => {
      const [iris, jan] = [await app.register('iris'), await app.register('jan')];
      for (const token of [jan.token, 'wrong']) {
        const client = await connect(url, iris);
        assert.equal((await client.ask('authenticate', { token }, 'auth_error')).code, 'INVALID_TOKEN');
        assert.equal(await client.closed(), 4001);
      }
    });

    test('a client that hangs up while it is let in leaves nothing behind', async () => {
      const kim = await app.register('kim');
      await kim.post(`/rooms/${room}/join`, {}, 201);
      const frame = textFrame({ type: 'authenticate', data: { token: kim.token } });
      for (let at = 0; at < 20; at++) {
        const raw = await openRaw(url);
        raw.write(frame);
        // At another moment of its way in each time.
        for (let turn = 0; turn < at; turn++) await new Promise((resolve) => setImmediate(resolve));
        raw.socket.destroy();
        await raw.ended;
      }
      const isOnline = async () => (await owner.get(`/users/${kim.id}`, 200)).is_online;
      const watching = await connect(url, owner);
      while (await isOnline()) await watching.ask('ping', {}, 'pong');
      assert.equal(app.deps.realtime.hub.placesOf(kim.id), undefined);
      await watching.close();
    });
  });
