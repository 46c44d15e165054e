import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { textOf } from '../../src/db/statement.ts';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import { followAll, untilHeard } from './log_readers.ts';
import { listen } from './socket.ts';

const HELD_OPEN_MS = 2_000;
const SENDS = 100;

for (const engine of engines.filter((engine) => engine === 'postgres'))
  describe(`events that are committed late (${engine})`, () => {
    let app: TestApp;
    before(async () => {
      app = await createTestApp(engine);
    });
    after(() => app.close());

    test('reach every reader once and in their order, and none of those after them is lost', async (t) => {
      const url = (await listen(app)).replace('ws', 'http');
      const { admin } = app;
      const bob = await app.register('bob');
      const rooms: number[] = [];
      for (const name of ['one', 'two']) {
        const { id } = await admin.post('/rooms', { name }, 201);
        await bob.post(`/rooms/${id}/join`, {}, 201);
        rooms.push(id);
      }
      const [early, late] = rooms as [number, number];
      const { next_cursor } = await bob.get('/events', 200);
      const readers = followAll({ url: () => url, token: bob.token, after: next_cursor });
      t.after(() => Promise.all(readers.map(({ stop }) => stop())));
      const client = new pg.Client({ connectionString: app.deps.config.DATABASE_URL as string });
      await client.connect();
      await client.query('begin');
      const inserted = await client.query(
        `insert into events (stream, type, actor_id, container_id, user_id, data, created_at)
          values ($1, 'user_joined', $2, $3, $2, '{"role":"member"}', $4) returning id`,
        [`container:${late}`, bob.id, late, Date.now()],
      );
      const held = `${inserted.rows[0].id}`;
      const sends = Array.from({ length: SENDS }, async (_, n) => {
        await sleep((n * HELD_OPEN_MS) / SENDS);
        return (await admin.post(`/rooms/${rooms[n % 2]}/messages`, { content: `${n}` }, 201)).id as number;
      });
      const sent = await Promise.all(sends);
      for (const { heard } of readers) assert.deepEqual(heard, [], 'nothing is told before what stands before it');
      await client.query('commit');
      await client.end();
      const last = Math.max(...sent);
      await untilHeard(readers, ({ data }) => data.id === last);
      for (const { name, heard } of readers) {
        const messages = heard.filter(({ type }) => type === 'message_sent');
        for (const room of [early, late])
          assert.deepEqual(
            messages.filter(({ placeId }) => placeId === room).map(({ data }) => data.id),
            sent.filter((_, n) => rooms[n % 2] === room).sort((a, b) => a - b),
            `${name}, room ${room}`,
          );
        assert.equal(new Set(heard.map(({ id }) => id)).size, SENDS + 1, name);
        assert.equal(heard[0]?.id, held, 'what was begun first comes first');
        assert.equal(heard.length, SENDS + 1, name);
      }
      // Nobody has come in, which the numbers kept beside the log would show.
      await app.deps.db.write('forget', (db) => db.run(textOf(`delete from events where id = ${held}`), []));
    });
  });
