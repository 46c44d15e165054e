import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { ownCtx } from '../../src/context.ts';
import { textOf } from '../../src/db/statement.ts';
import { forgetEvents } from '../../src/modules/events/forget.ts';
import { engines } from '../engines.ts';
import { createTestApp, type TestApp } from '../harness/app.ts';
import { movableClock } from '../harness/auth.ts';
import type { Person } from '../harness/people.ts';
import { settled } from '../harness/settled.ts';
import { fill as fillRoom } from './fill.ts';
import { followAll, followBySocket, untilHeard } from './log_readers.ts';
import { connect, listen } from './socket.ts';

const MISSED = 20_000;
const AT_ONCE = 1_000;
/** A hundred of these are more than may wait for a reader here. */
const CONTENT = 1_000;
const LIVE_SENDS = 50;
/** Of `log/tail.ts`: by it its reads are known here. */
const TOLD_AT_ONCE = 256;
const DAY = 86_400_000;

/** What live readers are told next is not read until it is released; everything else is. */
function holdTelling({ mock }: TestContext, { deps }: TestApp): { release(): void } {
  const { reader } = deps.db;
  const read = reader.all;
  const released = Promise.withResolvers<void>();
  const held = mock.method(reader, 'all', async (...[text, values]: Parameters<typeof read>) => {
    if (values.includes(TOLD_AT_ONCE)) await released.promise;
    return read(text, values);
  });
  const release = () => {
    held.mock.restore();
    released.resolve();
  };
  return { release };
}

for (const engine of engines)
  describe(`a reader that was away for long (${engine})`, () => {
    const clock = movableClock();
    let app: TestApp;
    let url: string;
    let bob: Person;
    let room: number;

    before(async () => {
      const long = { ACCESS_TOKEN_SECONDS: '86400', REFRESH_IDLE_DAYS: '365', REFRESH_ABSOLUTE_DAYS: '3650' };
      app = await createTestApp(engine, { ...long, MAX_WAITING_BYTES: '131072' }, { now: clock.now });
      url = await listen(app);
      bob = await app.register('bob');
      room = (await app.admin.post('/rooms', { name: 'busy' }, 201)).id;
      await bob.post(`/rooms/${room}/join`, {}, 201);
    });
    after(() => app.close());

    const send = async (content: string): Promise<number> =>
      (await app.admin.post(`/rooms/${room}/messages`, { content }, 201)).id;

    const fill = (count: number) => fillRoom(app, { room, count, content: 'x'.repeat(CONTENT) });

    test('is told all of it in its order, however little may wait for it, and what comes meanwhile', async (t) => {
      const { next_cursor } = await bob.get('/events', 200);
      const sent: number[] = [];
      while (sent.length < MISSED) sent.push(...(await fill(AT_ONCE)));
      const readers = followAll({ url: () => url.replace('ws', 'http'), token: bob.token, after: next_cursor });
      t.after(() => Promise.all(readers.map(({ stop }) => stop())));
      const [socket] = readers as [ReturnType<typeof followBySocket>];
      for (let n = 0; n < LIVE_SENDS; n++) {
        if (n % 10 === 0) socket.suffer('pause');
        sent.push(await send('meanwhile'));
      }
      sent.sort((a, b) => a - b);
      await untilHeard(readers, ({ data }) => data.id === sent.at(-1));
      for (const { name, heard, begun } of readers) {
        // What was missed is read no faster than it is taken: nobody is cut off.
        assert.equal(begun, 1, name);
        assert.deepEqual(
          heard.map(({ data }) => data.id),
          sent,
          name,
        );
      }
    });

    test('cut off in the middle of it, it goes on with the rest', async (t) => {
      const { next_cursor } = await bob.get('/events', 200);
      const sent = await fill(2 * AT_ONCE);
      const reader = followBySocket({ url: () => url.replace('ws', 'http'), token: bob.token, after: next_cursor });
      t.after(reader.stop);
      await untilHeard([reader], () => true);
      reader.suffer('terminate');
      await untilHeard([reader], ({ data }) => data.id === Math.max(...sent));
      assert.deepEqual(
        reader.heard.map(({ data }) => data.id),
        sent.sort((a, b) => a - b),
      );
    });

    test('having read beyond what live readers were told so far, it is told nothing twice', async (t) => {
      // Somebody listens: else nothing follows the log.
      const beside = await connect(url, bob);
      for (let round = 0; round < 3; round++) {
        await settled(app);
        const telling = holdTelling(t, app);
        let after = (await bob.get('/events', 200)).next_cursor;
        const newest = Math.max(...(await fill(AT_ONCE)));
        for (let seen = 0; seen !== newest; ) {
          const page = await bob.get(`/events?after=${after}&limit=100&wait=1`, 200);
          after = page.next_cursor;
          seen = page.events.at(-1)?.data.id ?? seen;
        }
        assert.ok(app.deps.realtime.hub.position.id < Number(after));
        const readers = followAll({ url: () => url.replace('ws', 'http'), token: bob.token, after });
        t.after(() => Promise.all(readers.map(({ stop }) => stop())));
        const last = await send('and then');
        telling.release();
        await untilHeard(readers, ({ data }) => data.id === last);
        for (const { name, heard } of readers)
          assert.deepEqual(
            heard.map(({ data }) => data.id),
            [last],
            name,
          );
        await Promise.all(readers.map(({ stop }) => stop()));
      }
      await beside.close();
    });

    test('after more than is kept it is told so, and is live', async () => {
      const old = (await bob.get('/events', 200)).next_cursor;
      await send('never heard');
      clock.advance(8 * DAY);
      bob = await app.login('bob');
      const admin = await app.login('admin');
      await forgetEvents(ownCtx(app.deps, 'test'));
      const left = await app.deps.db.reader.all(textOf(`select id from events where id <= ${old}`), []);
      assert.deepEqual(left, []);
      const client = await connect(url, bob, old);
      const { reason } = await client.next('resume_failed');
      assert.equal(reason, 'expired');
      await admin.post(`/rooms/${room}/messages`, { content: 'again' }, 201);
      assert.equal((await client.next('room_message')).content, 'again');
      assert.deepEqual(client.of('resumed'), []);
      await client.close();
      assert.equal((await bob.get(`/events?after=${old}`, 410)).code, 'CURSOR_EXPIRED');
    });
  });
