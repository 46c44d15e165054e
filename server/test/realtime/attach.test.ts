import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { pino } from 'pino';
import { openSqlite } from '../../src/db/sqlite.ts';
import { createTail } from '../../src/log/tail.ts';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import type { Person } from '../harness/people.ts';
import { connect, connectNow, listen, logged } from './socket.ts';

/** So many times somebody's first socket opens while he makes a room, a little later each time. */
const ROUNDS = 60;
const TURNS = 40;

for (const engine of engines)
  describe(`what happens while somebody comes (${engine})`, () => {
    let app: TestApp;
    let url: string;
    let bob: Person;
    before(async () => {
      app = await createTestApp(engine);
      url = await listen(app);
      bob = await app.register('bob');
    });
    after(() => app.close());

    test('a room made meanwhile is heard of', async () => {
      const { hub } = app.deps.realtime;
      for (let round = 0; round < ROUNDS; round++) {
        const opening = connectNow(url, bob);
        for (let turn = 0; turn < round % TURNS; turn++) await setImmediate();
        const { id } = await bob.post('/rooms', { name: `Room ${round}` }, 201);
        const socket = await opening;
        const { id: messageId } = await bob.post(`/rooms/${id}/messages`, { content: 'anybody?' }, 201);
        await socket.next('room_message', (data) => data.id === messageId);
        await socket.close();
        while (hub.placesOf(bob.id) !== undefined) await sleep(1);
      }
    });
  });

for (const engine of engines.filter((one) => one === 'postgres'))
  test(`who was removed and comes before that is told is told it, and nothing after it, on ${engine}`, async () => {
    const app = await createTestApp(engine);
    const url = await listen(app);
    const bob = await app.register('bob');
    const room = (await app.admin.post('/rooms', { name: 'Kitchen', is_public: false }, 201)).id;
    await app.admin.post(`/rooms/${room}/members`, { user_id: bob.id }, 201);
    const { next_cursor } = await bob.get('/events', 200);
    // What is committed while a transaction is open is not told before it ends.
    const client = new pg.Client({ connectionString: app.deps.config.DATABASE_URL as string });
    await client.connect();
    await client.query('begin');
    await client.query(`insert into settings (key, value) values ('held', '1')`);
    await app.admin.delete(`/rooms/${room}/members/${bob.id}`, 204);
    await app.admin.post(`/rooms/${room}/messages`, { content: 'without bob' }, 201);
    const socket = await connect(url, bob, next_cursor);
    const late = await connectNow(url, bob);
    await socket.next('resumed');
    await client.query('rollback');
    await client.end();
    const { id } = await bob.post('/rooms', { name: 'Elsewhere' }, 201);
    for (const one of [socket, late]) {
      await one.next('room_created', (data) => data.id === id);
      assert.deepEqual(
        logged(one).map(({ type, data }) => [type, data.user_id]),
        [
          ['user_left', bob.id],
          ['room_created', undefined],
        ],
      );
      await one.close();
    }
    await app.close();
  });

test('a tail that could not start is reported to who started it, whoever wakes it meanwhile', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'veza-tail-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const raised: unknown[] = [];
  const raise = (error: unknown) => raised.push(error);
  process.on('unhandledRejection', raise);
  t.after(() => process.off('unhandledRejection', raise));
  const db = openSqlite({ path: join(directory, 'empty.db'), minFreeBytes: 0, onFatal: assert.ifError });
  const tail = createTail({ db, log: pino({ level: 'silent' }), take: () => Promise.resolve() });
  const started = tail.start();
  tail.wake();
  await assert.rejects(started, /no such table/);
  await sleep(20);
  assert.deepEqual(raised, []);
  await tail.stop();
  await db.close();
});
