import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { connect, listen } from './socket.ts';
import { openStreamNow } from './stream.ts';

const ROUNDS = 30;

for (const engine of engines)
  describe(`a room that is closed to strangers while one looks in (${engine})`, () => {
    let app: TestApp;
    let url: string;
    let eve: Person;
    let guest: Person;
    before(async () => {
      app = await createTestApp(engine);
      url = await listen(app);
      [eve, guest] = [await app.register('eve'), await app.registerAs('guest', 'guest')];
    });
    after(() => app.close());
    const makeRoom = async (): Promise<number> => (await app.admin.post('/rooms', { name: 'Hall' }, 201)).id;
    const close = (room: number) => app.admin.put(`/rooms/${room}`, { is_public: false }, 200);
    const say = (room: number) => app.admin.post(`/rooms/${room}/messages`, { content: 'secret' }, 201);
    const poll = async (room: number) => {
      const { status, text } = await eve.request('GET', `/events?wait=1&room_id=${room}`);
      return { status, text };
    };

    test('tells nothing of it, whenever that is', async () => {
      const beside = await connect(url, app.admin);
      const client = await connect(url, guest);
      for (let round = 0; round < ROUNDS; round++) {
        const room = await makeRoom();
        const opening = openStreamNow(url, eve, `?room_id=${room}`);
        const polling = poll(room);
        client.send({ type: 'join_room', data: { room_id: room }, request_id: `${round}` });
        // In its turn, or somewhat later each time.
        for (let turn = 0; turn < round; turn++) await new Promise((resolve) => setImmediate(resolve));
        await close(room);
        const { id } = await say(room);
        await beside.next('room_message', (message) => message.id === id);
        await client.answer(`${round}`);
        const stream = await opening;
        await stream.over;
        assert.ok(!JSON.stringify([stream.events, await polling]).includes('secret'));
        await client.ask('ping', {}, 'pong');
        assert.deepEqual(client.of('room_message'), []);
      }
      await Promise.all([beside.close(), client.close()]);
    });

    if (engine !== 'postgres') return;
    const ways = { stream: async (room: number) => openStreamNow(url, eve, `?room_id=${room}`), poll };
    for (const [way, ask] of Object.entries(ways))
      test(`tells nothing of it where that is just after it was allowed (${way})`, async (t) => {
        const room = await makeRoom();
        await eve.get(`/rooms/${room}/messages`, 200);
        const holding = new pg.Client({ connectionString: app.deps.config.DATABASE_URL as string });
        await holding.connect();
        t.after(() => holding.end());
        // Who comes in is looked up once more, and waits for this.
        await holding.query('begin');
        await holding.query('lock table sessions in access exclusive mode');
        const asked = ask(room);
        const isWaiting = async () => {
          const { rows } = await holding.query('select from pg_locks where not granted');
          return rows.length > 0;
        };
        while (!(await isWaiting())) await sleep(5);
        await close(room);
        await holding.query('commit');
        assert.equal((await asked).status, 404);
        assert.equal(app.deps.realtime.hub.placesOf(eve.id), undefined);
      });
  });
