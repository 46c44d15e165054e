import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { type Client, connect, listen } from './socket.ts';

for (const engine of engines)
  describe(`presence and typing on ${engine}`, { concurrency: true }, () => {
    let app: TestApp;
    let url: string;
    before(async () => {
      // Without a room that everybody is in.
      app = await createTestApp(engine, { DEFAULT_ROOMS: ',' });
      url = await listen(app);
    });
    after(() => app.close());

    /** People who share a private room, and a conversation of the first two. */
    async function household(...names: string[]) {
      const people = (await Promise.all(names.map((name) => app.register(name)))) as [Person, Person, Person];
      const [first, second] = people;
      const { id: room } = await first.post('/rooms', { name: 'Home', is_public: false }, 201);
      for (const { id } of people.slice(1)) await first.post(`/rooms/${room}/members`, { user_id: id }, 201);
      const { id: dm } = await first.post('/conversations', { user_id: second.id }, 201);
      return { people, room, dm };
    }
    const statusesOf = (client: Client, { id }: Person): string[] =>
      client.of('user_presence').flatMap(({ user_id, status }) => (user_id === id ? [status] : []));

    test('coming, the states one chooses, and going are told to those one shares a place with', async () => {
      const { people, room } = await household('anna', 'bert', 'cora');
      const [anna, bert] = people;
      const stranger = await connect(url, await app.register('stranger'));
      const watching = await connect(url, bert);
      const client = await connect(url, anna);
      const other = await connect(url, anna);
      await watching.next('user_presence', ({ user_id, status }) => user_id === anna.id && status === 'online');
      for (const status of ['away', 'busy', 'online']) {
        const answer = await client.ask('update_status', { status, message: `I am ${status}` }, 'status_updated');
        assert.deepEqual(answer, { status, message: `I am ${status}` });
        await watching.next('user_presence', (data) => data.status === status && data.message === `I am ${status}`);
        const { members } = await bert.get(`/rooms/${room}/members`, 200);
        const shown = members.find(({ user_id }: { user_id: number }) => user_id === anna.id);
        assert.deepEqual([shown.is_online, shown.status], [true, status]);
      }
      await other.close();
      assert.equal((await bert.get(`/users/${anna.id}`, 200)).is_online, true);
      await client.close();
      const gone = await watching.next('user_presence', ({ status }) => status === 'offline');
      assert.equal(gone.last_seen, (await bert.get(`/users/${anna.id}`, 200)).last_seen);
      assert.deepEqual(statusesOf(watching, anna), ['online', 'away', 'busy', 'online', 'offline']);
      await stranger.ask('ping', {}, 'pong');
      assert.deepEqual(stranger.of('user_presence'), []);
      await Promise.all([watching.close(), stranger.close()]);
    });

    test('who is invisible looks as if not there, everywhere, and since then', async () => {
      const { people, room, dm } = await household('dora', 'emil', 'fred');
      const [dora, emil] = people;
      const watching = await connect(url, emil);
      const client = await connect(url, dora);
      await watching.next('user_presence', ({ user_id }) => user_id === dora.id);
      await client.ask('update_status', { status: 'invisible' }, 'status_updated');
      const hidden = await watching.next('user_presence', ({ status }) => status === 'offline');
      await client.ask('join_room', { room_id: room }, 'room_joined');
      await client.ask('send_message', { room_id: room, content: 'nobody sees me' }, 'message_sent');
      const looks = async () => {
        const members = (await emil.get(`/rooms/${room}/members`, 200)).members;
        const { conversations } = await emil.get('/conversations', 200);
        const dms = await watching.ask('list_dms', {}, 'dm_list');
        return [
          members.find(({ user_id }: { user_id: number }) => user_id === dora.id),
          await emil.get(`/users/${dora.id}`, 200),
          (await emil.get('/users/search?q=dora', 200)).users[0],
          conversations.find(({ id }: { id: number }) => id === dm).other_user,
          dms.conversations[0].other_user,
        ].map(({ is_online, status = 'offline', last_seen }) => ({ is_online, status, last_seen }));
      };
      for (const look of await looks())
        assert.deepEqual(look, { is_online: false, status: 'offline', last_seen: hidden.last_seen });
      await client.close();
      const again = await connect(url, dora);
      await again.ask('ping', {}, 'pong');
      for (const look of await looks())
        assert.deepEqual(look, { is_online: false, status: 'offline', last_seen: hidden.last_seen });
      await again.ask('update_status', { status: 'online' }, 'status_updated');
      await watching.next(
        'user_presence',
        (data) => data.status === 'online' && data !== hidden && data.last_seen > hidden.last_seen,
      );
      assert.deepEqual(statusesOf(watching, dora), ['online', 'offline', 'online']);
      assert.ok((await looks()).every(({ is_online }) => is_online));
      await Promise.all([again.close(), watching.close()]);
    });

    test('a block stops it, both ways', async () => {
      const { people, dm } = await household('gina', 'hans', 'iris');
      const [gina, hans, iris] = people;
      await hans.post(`/conversations/${dm}/block`, { blocked: true }, 200);
      const [third, his, hers] = [await connect(url, iris), await connect(url, hans), await connect(url, gina)];
      for (const { id } of [hans, gina]) await third.next('user_presence', ({ user_id }) => user_id === id);
      await third.ask('update_status', { status: 'away' }, 'status_updated');
      for (const one of [his, hers]) await one.next('user_presence', ({ status }) => status === 'away');
      assert.deepEqual([statusesOf(his, gina), statusesOf(hers, hans)], [[], []]);
      assert.equal((await gina.get(`/users/${hans.id}`, 200)).is_online, false);
      for (const client of [his, hers])
        for (const type of ['typing_start', 'typing_stop'])
          assert.equal((await client.ask(type, { conversation_id: dm }, 'error')).code, 'CONVERSATION_BLOCKED');
      await Promise.all([his.close(), hers.close(), third.close()]);
    });

    test('many changes in a second are one frame, which shows the last', async () => {
      const { people } = await household('jan', 'kim', 'lea');
      const [jan, kim] = people;
      const [watching, client] = [await connect(url, kim), await connect(url, jan)];
      await watching.next('user_presence', ({ user_id }) => user_id === jan.id);
      const statuses = ['away', 'busy', 'online', 'away', 'busy', 'online', 'away', 'busy'];
      for (const status of statuses) await client.ask('update_status', { status }, 'status_updated');
      await watching.next('user_presence', ({ user_id, status }) => user_id === jan.id && status === 'busy');
      await client.close();
      await watching.next('user_presence', ({ status }) => status === 'offline');
      assert.ok(statusesOf(watching, jan).length < statuses.length);
      await watching.close();
    });

    test('whoever comes and goes by turns is told of once a second, too', async () => {
      const { people } = await household('udo', 'vera', 'willi');
      const [udo, vera] = people;
      const watching = await connect(url, vera);
      const at: number[] = [];
      watching.ws.on('message', (text) => {
        const { type, data } = JSON.parse(String(text));
        if (type === 'user_presence' && data.user_id === udo.id) at.push(performance.now());
      });
      for (let turn = 0; turn < 3; turn++) {
        const told = at.length;
        const client = await connect(url, udo);
        while (at.length === told) await sleep(5);
        client.ws.terminate();
        while (at.length === told + 1) await sleep(5);
      }
      // Six tellings lie five seconds apart, and the first may have been told late.
      assert.equal(at.length, 6);
      assert.ok((at.at(-1) as number) - (at[0] as number) > 3_000, `${at}`);
      await watching.close();
    });

    test('a room somebody has left is not where he is', async () => {
      const { people, room } = await household('xaver', 'yara', 'zoe');
      const [xaver, yara] = people;
      const [watching, client] = [await connect(url, xaver), await connect(url, yara)];
      await client.ask('join_room', { room_id: room }, 'room_joined');
      await watching.next('user_presence', ({ current_room }) => current_room === room);
      await yara.post(`/rooms/${room}/leave`, {}, 204);
      await client.ask('update_status', { status: 'busy' }, 'status_updated');
      const { current_room } = await watching.next('user_presence', ({ status }) => status === 'busy');
      assert.equal(current_room, null);
      await Promise.all([watching.close(), client.close()]);
    });

    test('a message to show keeps the rules of the profile', async () => {
      const { people } = await household('quirin', 'ruth', 'silke');
      const client = await connect(url, people[0]);
      for (const message of ['a\u0007b', 'x'.repeat(201), 1, {}]) {
        const refused = await client.ask('update_status', { status: 'online', message }, 'error');
        assert.deepEqual([refused.code, refused.details.field], ['VALIDATION_FAILED', 'message']);
      }
      assert.equal((await people[0].get('/users/me', 200)).status_message, null);
      await client.close();
    });

    test('the room somebody looks at is shown to those who see it', async () => {
      const { people } = await household('mara', 'nils', 'olga');
      const [mara, nils, olga] = people;
      const { id: secret } = await mara.post('/rooms', { name: 'Secret', is_public: false }, 201);
      await mara.post(`/rooms/${secret}/members`, { user_id: nils.id }, 201);
      const { id: open } = await mara.post('/rooms', { name: 'Open' }, 201);
      const [inside, outside, client] = [await connect(url, nils), await connect(url, olga), await connect(url, mara)];
      await client.ask('join_room', { room_id: secret }, 'room_joined');
      await inside.next('user_presence', ({ current_room }) => current_room === secret);
      await client.ask('join_room', { room_id: open }, 'room_joined');
      for (const one of [inside, outside]) await one.next('user_presence', ({ current_room }) => current_room === open);
      assert.ok(!JSON.stringify(outside.of('user_presence')).includes(`"current_room":${secret}`));
      await Promise.all([inside.close(), outside.close(), client.close()]);
    });

    test('typing is told to the others, once, and ends by itself', async () => {
      const { people, room, dm } = await household('paul', 'rita', 'sven');
      const [paul, rita, sven] = people;
      const [his, other, hers, third] = [
        await connect(url, paul),
        await connect(url, paul),
        await connect(url, rita),
        await connect(url, sven),
      ];
      for (const place of [{ room_id: room }, { conversation_id: dm }])
        for (let at = 0; at < 3; at++) await his.ask('typing_start', place);
      const who = { user_id: paul.id, username: 'paul' };
      assert.deepEqual(await hers.next('typing_start', (data) => data.room_id === room), { room_id: room, ...who });
      assert.deepEqual(await hers.next('typing_start', (data) => data.conversation_id === dm), {
        conversation_id: dm,
        ...who,
      });
      await his.ask('typing_stop', { conversation_id: dm });
      await hers.next('typing_stop', (data) => data.conversation_id === dm);
      // Nothing is said of the room, and nothing sent.
      await hers.next('typing_stop', (data) => data.room_id === room);
      for (const one of [his, other, hers, third]) await one.ask('ping', {}, 'pong');
      assert.deepEqual(
        [his, other].flatMap((one) => one.of('typing_start', 'typing_stop')),
        [],
      );
      assert.equal(hers.of('typing_start', 'typing_stop').length, 4);
      assert.deepEqual(
        third.of('typing_start', 'typing_stop').map((data) => data.room_id),
        [room, room],
      );
      await Promise.all([his, other, hers, third].map((one) => one.close()));
    });
  });
