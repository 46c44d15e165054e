import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { ownCtx } from '../src/context.ts';
import { textOf } from '../src/db/statement.ts';
import { differences } from '../src/modules/admin/consistency.ts';
import { foldStatistics } from '../src/modules/statistics/fold.ts';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';
import { movableClock } from './harness/auth.ts';
import { assertLikeExample } from './harness/example.ts';
import type { Person } from './harness/people.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Monday, half past three in the afternoon. */
const START = Date.UTC(2026, 5, 1, 15, 30);
const dateOf = (at: number) => new Date(at).toISOString().slice(0, 10);

for (const engine of engines) {
  describe(`statistics (${engine})`, async () => {
    const clock = movableClock();
    clock.advance(START - clock.now());
    const long = { ACCESS_TOKEN_SECONDS: '86400', REFRESH_IDLE_DAYS: '365', REFRESH_ABSOLUTE_DAYS: '3650' };
    const app = await createTestApp(engine, long, { now: clock.now });
    after(app.close);
    const { db } = app.deps;
    const people: Record<string, Person> = {};
    let admin = app.admin;
    /** A day is as long as a token lives. */
    const move = async (ms: number) => {
      clock.advance(ms);
      for (const name of Object.keys(people)) people[name] = await app.login(name);
      admin = await app.login('admin');
    };
    const who = (name: string) => people[name] as Person;
    const send = (name: string, room: number, content = 'words') =>
      who(name).post(`/rooms/${room}/messages`, { content }, 201);
    const stats = (room: number, period?: string) =>
      who('alice').get(`/rooms/${room}/stats${period ? `?period=${period}` : ''}`, 200);

    before(async () => {
      for (const name of ['alice', 'bob', 'carol']) people[name] = await app.register(name);
    });

    it('of a room in which nothing happened are zeros, without a peak', async () => {
      const { id } = await who('alice').post('/rooms', { name: 'silent' }, 201);
      const days = Array.from({ length: 7 }, (_, n) => ({ date: dateOf(START - (6 - n) * DAY), count: 0 }));
      assert.deepEqual(await stats(id), {
        ...{ room_id: id, period: '7d', message_count: 0, active_users: 0, new_members: 0, pinned_messages: 0 },
        ...{ reactions_count: 0, peak_activity: null, top_contributors: [], messages_by_day: days },
      });
    });

    it('tell the story of a room, period by period', async () => {
      const { id } = await who('alice').post('/rooms', { name: 'lively' }, 201);
      await who('bob').post(`/rooms/${id}/join`, {}, 201);
      const first = await send('alice', id);
      await send('bob', id);
      await send('bob', id);
      await move(25 * HOUR);
      await who('carol').post(`/rooms/${id}/join`, {}, 201);
      await send('carol', id, 'a day and an hour later');
      await who('alice').post(`/messages/${first.id}/pin`, {}, 200);

      const week = await stats(id);
      assertLikeExample(week, {
        ...{ room_id: 1, period: '7d', message_count: 1250, active_users: 18, new_members: 3, pinned_messages: 5 },
        ...{ reactions_count: 89, peak_activity: { date: '2024-01-14', hour: 15, message_count: 45 } },
        top_contributors: [{ user_id: 123, username: 'john_doe', message_count: 127 }],
      });
      assert.deepEqual([week.message_count, week.active_users, week.new_members, week.pinned_messages], [4, 3, 2, 1]);
      assert.deepEqual(week.peak_activity, { date: '2026-06-01', hour: 15, message_count: 3 });
      assert.deepEqual(week.top_contributors, [
        { user_id: who('bob').id, username: 'bob', message_count: 2 },
        { user_id: who('alice').id, username: 'alice', message_count: 1 },
        { user_id: who('carol').id, username: 'carol', message_count: 1 },
      ]);
      assert.deepEqual(week.messages_by_day.slice(-2), [
        { date: '2026-06-01', count: 3 },
        { date: '2026-06-02', count: 1 },
      ]);
      const day = await stats(id, '24h');
      assert.deepEqual([day.message_count, day.active_users, day.new_members], [1, 1, 1]);
      assert.deepEqual(day.messages_by_day, [
        { date: '2026-06-01', count: 0 },
        { date: '2026-06-02', count: 1 },
      ]);
      for (const [period, days] of [
        ['30d', 30],
        ['90d', 90],
      ] as const) {
        const { message_count, messages_by_day } = await stats(id, period);
        assert.deepEqual([message_count, messages_by_day.length], [4, days]);
      }
      await move(6 * DAY);
      assert.equal((await stats(id)).message_count, 1, 'of the first day nothing is left in a week');
      assert.equal((await stats(id, '24h')).peak_activity, null);
      assert.equal((await stats(id, '30d')).message_count, 4);
    });

    it('leave out what was deleted, and keep a rename, a rejoin and a transfer apart from it', async () => {
      const { id } = await who('alice').post('/rooms', { name: 'changing' }, 201);
      for (let round = 0; round < 2; round++) {
        await who('bob').post(`/rooms/${id}/join`, {}, 201);
        await who('bob').post(`/rooms/${id}/leave`, {}, 204);
      }
      await who('bob').post(`/rooms/${id}/join`, {}, 201);
      const only = await send('bob', id);
      await send('alice', id);
      await move(2 * HOUR);
      await who('bob').delete(`/messages/${only.id}`, 204);
      const { message_count, active_users, new_members, top_contributors } = await stats(id);
      assert.deepEqual([message_count, active_users, new_members], [1, 1, 3], 'each joining is a joining');
      assert.deepEqual(
        top_contributors.map((one: { username: string }) => one.username),
        ['alice'],
      );
    });

    it('name at most ten, and count all', async () => {
      const { id } = await who('alice').post('/rooms', { name: 'crowded' }, 201);
      const crowd = await Promise.all(Array.from({ length: 12 }, (_, n) => app.register(`crowd_${n}`)));
      await Promise.all(crowd.map((one) => one.post(`/rooms/${id}/join`, {}, 201)));
      await Promise.all(crowd.map((one) => one.post(`/rooms/${id}/messages`, { content: 'me too' }, 201)));
      const { active_users, top_contributors } = await stats(id);
      assert.deepEqual([active_users, top_contributors.length], [12, 10]);
    });

    it('refuse periods that are none, by the name of the field', async () => {
      const { id } = await who('alice').post('/rooms', { name: 'asked' }, 201);
      for (const period of [
        '1d',
        '7',
        '',
        '7D',
        '7d ',
        '-7d',
        'all',
        '7d\u202e',
        '365d',
        '[]',
        '%00',
        'x'.repeat(5_000),
      ]) {
        const { code, details } = await who('alice').get(
          `/rooms/${id}/stats?period=${encodeURIComponent(period)}`,
          400,
        );
        assert.deepEqual([code, details.field], ['VALIDATION_FAILED', 'period'], period.slice(0, 10));
      }
      await who('alice').get(`/rooms/${id}/stats?period=7d&period=30d`, 400);
      await who('bob').get(`/rooms/${id}/stats`, 403);
      await who('alice').get('/rooms/999999/stats', 404);
      await who('alice').get('/rooms/0/stats', 400);
      await app.stranger.get(`/rooms/${id}/stats?period=1d`, 401);
      const { headers } = await who('alice').request('GET', `/rooms/${id}/stats?since=now`);
      assert.equal(headers['x-ignored-parameters'], 'since');
    });

    it('stay what they are, day by day, when the hours of past days are folded', async () => {
      const { id } = await who('alice').post('/rooms', { name: 'folded' }, 201);
      await who('bob').post(`/rooms/${id}/join`, {}, 201);
      const sent = [];
      for (let hour = 0; hour < 5; hour++) {
        await move(7 * HOUR);
        sent.push(await send(hour % 2 ? 'alice' : 'bob', id), await send('alice', id));
      }
      await move(2 * DAY);
      const periods = ['24h', '7d', '30d', '90d'];
      const all = () => Promise.all(periods.map((period) => stats(id, period)));
      const before = await all();
      const rows = async () =>
        (await db.reader.all(textOf('select hour from room_author_hours order by hour'), [])).map(
          ({ hour }) => hour as number,
        );
      assert.ok((await rows()).some((hour) => hour % 24 !== 0));
      await foldStatistics(ownCtx(app.deps, 'test'));
      assert.deepEqual(
        (await rows()).filter((hour) => hour % 24 !== 0 && hour < (Math.floor(clock.now() / DAY) - 1) * 24),
        [],
      );
      assert.deepEqual(await all(), before);
      // What is deleted now counted in an hour that is folded.
      for (const { id: message } of [sent[0], sent[5]]) await admin.delete(`/messages/${message}`, 204);
      assert.equal((await stats(id)).message_count, 8);
      await foldStatistics(ownCtx(app.deps, 'test'));
      assert.deepEqual(await differences(db.reader), []);
    });

    it('of the server count what there is, by the hour too', async () => {
      const was = await admin.get('/admin/stats', 200);
      const { id } = await who('alice').post('/rooms', { name: 'secret', is_public: false }, 201);
      await send('alice', id);
      const gone = await send('alice', id);
      const talk = await who('alice').post('/conversations', { user_id: who('carol').id }, 201);
      await who('carol').post(`/conversations/${talk.id}/messages`, { content: 'psst' }, 201);
      await move(HOUR);
      await send('alice', id);
      await who('alice').delete(`/messages/${gone.id}`, 204);
      await app.deps.authority.activity.flush();
      const is = await admin.get('/admin/stats', 200);
      assert.deepEqual(is.rooms, { ...was.rooms, total: was.rooms.total + 1, private: was.rooms.private + 1 });
      assert.equal(is.messages.total, was.messages.total + 3);
      assert.deepEqual(is.conversations, { total: was.conversations.total + 1 });
      assert.equal(is.users.total, was.users.total);
      assert.equal(is.messages_by_hour.length, 24);
      const [before, now] = is.messages_by_hour.slice(-2);
      assert.deepEqual([now.count, now.hour], [1, new Date(Math.floor(clock.now() / HOUR) * HOUR).toISOString()]);
      assert.equal(before.count, was.messages_by_hour.at(-1).count + 2);
      const sum = is.messages_by_hour.reduce((all: number, { count }: { count: number }) => all + count, 0);
      assert.equal(is.messages.last_24h, sum);
      assert.ok(is.messages.last_7d >= sum && is.messages.last_7d <= is.messages.total);
      assert.ok(is.users.active_24h > 0 && is.users.active_24h <= is.users.total);
      assert.ok(is.storage.bytes > 0 && is.process.memory_bytes > 0);
      assert.equal(is.storage.engine, engine);
      assert.deepEqual(
        [is.reactions, is.files, is.connections],
        [{ total: 0 }, { count: 0, bytes: 0 }, { websocket: 0 }],
      );

      await who('alice').delete(`/rooms/${id}`, 204);
      const left = await admin.get('/admin/stats', 200);
      assert.equal(left.messages.total, was.messages.total + 1, 'what was in a deleted room is there no more');
      assert.equal(left.messages_by_hour.at(-1).count, 0);
      await who('bob').get('/admin/stats', 403);
    });

    it('are what the messages say, whatever people do in some random hours', async () => {
      const rooms: number[] = [];
      for (const name of ['one', 'two']) {
        const { id } = await who('alice').post('/rooms', { name }, 201);
        for (const other of ['bob', 'carol']) await who(other).post(`/rooms/${id}/join`, {}, 201);
        rooms.push(id);
      }
      const name = fc.constantFrom('alice', 'bob', 'carol');
      const step = fc.oneof(
        {
          weight: 5,
          arbitrary: fc.record({
            do: fc.constant('send'),
            name,
            room: fc.nat(1),
            count: fc.integer({ min: 1, max: 6 }),
          }),
        },
        { weight: 2, arbitrary: fc.record({ do: fc.constant('delete'), which: fc.nat(50) }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant('rejoin'), room: fc.nat(1) }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant('wait'), minutes: fc.integer({ min: 1, max: 700 }) }) },
        { weight: 1, arbitrary: fc.record({ do: fc.constant('fold') }) },
      );
      type Step = { do: string; name: string; room: number; count: number; which: number; minutes: number };
      const living: { id: number; name: string; room: number; at: number }[] = [];
      const take = async (one: Step) => {
        const room = rooms[one.room] as number;
        if (one.do === 'wait') await move(one.minutes * 60_000);
        if (one.do === 'fold') await foldStatistics(ownCtx(app.deps, 'test'));
        if (one.do === 'rejoin') {
          await who('carol').post(`/rooms/${room}/leave`, {}, 204);
          await who('carol').post(`/rooms/${room}/join`, {}, 201);
        }
        if (one.do === 'send') {
          const sent = await Promise.all(Array.from({ length: one.count }, () => send(one.name, room)));
          living.push(...sent.map(({ id, created_at }) => ({ id, name: one.name, room, at: Date.parse(created_at) })));
        }
        const [gone] = one.do === 'delete' ? living.splice(one.which % (living.length || 1), 1) : [];
        if (gone) await who(gone.name).delete(`/messages/${gone.id}`, 204);
      };
      const steps = fc.array(step, { minLength: 10, maxLength: 30 }) as fc.Arbitrary<Step[]>;
      const property = fc.asyncProperty(steps, async (taken) => {
        for (const one of taken) await take(one);
        for (const room of rooms) {
          const since = (Math.floor(clock.now() / DAY) - 6) * DAY;
          const told = living.filter((message) => message.room === room && message.at >= since);
          const { message_count, active_users, top_contributors } = await stats(room);
          assert.deepEqual(
            [message_count, active_users],
            [told.length, new Set(told.map((message) => message.name)).size],
          );
          for (const { username, message_count: count } of top_contributors)
            assert.equal(count, told.filter((message) => message.name === username).length);
        }
        assert.deepEqual(await differences(db.reader), []);
      });
      await fc.assert(property, { numRuns: engine === 'sqlite' ? 12 : 5 });
    });

    it('begin, where there are messages already, with all of them', async () => {
      const { statistics } = await import('../src/db/migrations/0002_statistics.ts');
      class Undo extends Error {}
      const counted = db.write('again', async (writer) => {
        for (const table of ['room_hours', 'room_author_hours', 'tallies'])
          await writer.run(textOf(`delete from ${table}`), []);
        await writer.run(textOf(`delete from counters where name in ('users', 'conversations')`), []);
        for (const sql of statistics.sql(writer.dialect))
          if (sql.startsWith('insert')) await writer.run(textOf(sql), []);
        assert.deepEqual(await differences(writer), []);
        throw new Undo();
      });
      await assert.rejects(counted, Undo);
    });
  });
}
