import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { type Client, connect } from '../realtime/socket.ts';
import { openTown, type Town, ways } from './town.ts';

for (const way of ways.filter((one) => one !== 'looking'))
  describe(`who is here, at servers that hear of each other by ${way}`, () => {
    let town: Town;
    let here: TestApp;
    let room: number;
    before(async () => {
      town = await openTown(way, 2);
      here = town.apps[0] as TestApp;
    });
    after(() => town.close());

    async function household(...names: string[]): Promise<Person[]> {
      const people = await Promise.all(names.map((name) => here.register(name)));
      const [first] = people as [Person];
      room = (await first.post('/rooms', { name: 'Home', is_public: false }, 201)).id;
      for (const { id } of people.slice(1)) await first.post(`/rooms/${room}/members`, { user_id: id }, 201);
      return people;
    }
    const at = (index: number, who: Person): Promise<Client> => connect(town.urls[index] as string, who);
    const shows =
      (who: Person, status: string) =>
      (data: { user_id: number; status: string }): boolean =>
        data.user_id === who.id && data.status === status;

    test('coming, the states one chooses, the room one looks at, and going are told at the other server', async () => {
      const [anna, bert] = (await household('anna', 'bert')) as [Person, Person];
      const watching = await at(1, bert);
      const client = await at(0, anna);
      await watching.next('user_presence', shows(anna, 'online'));
      const away = town.at(1, bert);
      assert.equal((await away.get(`/users/${anna.id}`, 200)).is_online, true);
      await client.ask('update_status', { status: 'busy', message: 'reading' }, 'status_updated');
      assert.equal((await watching.next('user_presence', shows(anna, 'busy'))).message, 'reading');
      await client.ask('join_room', { room_id: room }, 'room_joined');
      await watching.next('user_presence', (data) => data.current_room === room);
      await client.ask('update_status', { status: 'invisible' }, 'status_updated');
      await watching.next('user_presence', shows(anna, 'offline'));
      assert.equal((await away.get(`/users/${anna.id}`, 200)).is_online, false);
      await client.ask('update_status', { status: 'online' }, 'status_updated');
      await watching.next('user_presence', shows(anna, 'online'));
      await client.close();
      const told = () => watching.of('user_presence').filter(({ user_id }) => user_id === anna.id);
      for (let tries = 0; told().at(-1)?.status !== 'offline'; tries++) {
        assert.ok(tries < 200, 'that she has gone was not told');
        await sleep(50);
      }
      await watching.close();
    });

    test('who is at both is here until both sockets are closed', async () => {
      const [cora, dirk] = (await household('cora', 'dirk')) as [Person, Person];
      const watching = await at(1, dirk);
      const [one, two] = [await at(0, cora), await at(1, cora)];
      await watching.next('user_presence', shows(cora, 'online'));
      await two.close();
      await sleep(1_500);
      assert.equal((await town.at(1, dirk).get(`/users/${cora.id}`, 200)).is_online, true);
      assert.deepEqual(watching.of('user_presence').filter(shows(cora, 'offline')), []);
      await one.close();
      await watching.next('user_presence', shows(cora, 'offline'));
      await watching.close();
    });

    test('a status changed at a server where one has no socket', async () => {
      const [emma, fred] = (await household('emma', 'fred')) as [Person, Person];
      const watching = await at(0, fred);
      const client = await at(0, emma);
      await watching.next('user_presence', shows(emma, 'online'));
      const other = await at(1, emma);
      await other.ask('update_status', { status: 'away' }, 'status_updated');
      await watching.next('user_presence', shows(emma, 'away'));
      await Promise.all([watching.close(), client.close(), other.close()]);
    });

    test('typing is told at the other server, and ends', async () => {
      const [gina, hans] = (await household('gina', 'hans')) as [Person, Person];
      const watching = await at(1, hans);
      const client = await at(0, gina);
      client.send({ type: 'typing_start', data: { room_id: room } });
      const { user_id, username } = await watching.next('typing_start');
      assert.deepEqual([user_id, username], [gina.id, 'gina']);
      client.send({ type: 'typing_stop', data: { room_id: room } });
      await watching.next('typing_stop');
      await sleep(100);
      assert.equal(watching.of('typing_start').length, 1);
      assert.deepEqual(client.of('typing_start', 'typing_stop'), []);
      await Promise.all([watching.close(), client.close()]);
    });

    if (way === 'redis')
      test('what a server knows wrongly of another, as when a message was lost, is put right by its next sign of life', async () => {
        const [kim, liv] = (await household('kim', 'liv')) as [Person, Person];
        const client = await at(0, kim);
        const asked = town.at(1, liv);
        const statusOf = async () => (await asked.get(`/users/${kim.id}`, 200)).status as string;
        const until = async (status: string) => {
          for (let tries = 0; (await statusOf()) !== status; tries++) {
            assert.ok(tries < 200, `she is not ${status}`);
            await sleep(50);
          }
        };
        await until('online');
        const told = [['here', { sights: [[kim.id, 'away', null]] }]];
        const direct = new Redis(town.redis?.url as string);
        await direct.publish('veza:nodes', JSON.stringify({ from: here.deps.nodes.id, told }));
        direct.disconnect();
        await until('away');
        await until('online');
        await client.close();
      });

    test('a server that comes later knows who is here; when one ends, its people have gone', async () => {
      const [ivan, jane] = (await household('ivan', 'jane')) as [Person, Person];
      const client = await at(0, ivan);
      const late = await town.open();
      const watching = await connect(town.urls.at(-1) as string, jane);
      const asked = town.at(town.apps.length - 1, jane);
      const isHere = async () => (await asked.get(`/users/${ivan.id}`, 200)).is_online as boolean;
      // It asks when it first hears that somebody is there whom it does not know.
      for (let tries = 0; !(await isHere()); tries++) {
        assert.ok(tries < 80, 'the late server has not heard of who is there');
        await sleep(100);
      }
      await client.close();
      await watching.next('user_presence', shows(ivan, 'offline'));
      const there = await at(1, ivan);
      await watching.next('user_presence', shows(ivan, 'online'));
      await there.close();
      await watching.close();
      await late.close();
      town.apps.splice(town.apps.indexOf(late), 1);
    });
  });
