import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { differences } from '../src/modules/admin/consistency.ts';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';
import { lastEvent, memberRow, roomEvents } from './room_log.ts';

const MINUTE = 60_000;

for (const engine of engines) {
  describe(`bans and mutes (${engine})`, async () => {
    let ahead = 0;
    const now = () => Date.now() + ahead;
    const app = await createTestApp(engine, {}, { now });
    after(app.close);
    const [alice, bob, rob, mallory] = [
      await app.register('alice'),
      await app.register('bob'),
      await app.register('rob'),
      await app.register('mallory'),
    ];
    const sam = await app.registerAs('moderator', 'sam');
    const inMinutes = (minutes: number) => new Date(now() + minutes * MINUTE).toISOString();
    /** Alice's room, with rob as its moderator and bob in it. */
    const open = async (more: object = {}) => {
      const { id } = await alice.post('/rooms', { name: 'Open', ...more }, 201);
      await alice.post(`/rooms/${id}/members`, { user_id: bob.id }, 201);
      await alice.post(`/rooms/${id}/members`, { user_id: rob.id, role: 'moderator' }, 201);
      return { id: id as number, path: `/rooms/${id}` };
    };

    it('bans a member, who sees his ban and nothing after it', async () => {
      const { id, path } = await open();
      const since = await lastEvent(app, id);
      const ban = await rob.put(`${path}/bans/${bob.id}`, { reason: 'spam, twice' }, 200);
      const { created_at, ...rest } = ban;
      assert.ok(Date.parse(created_at) > 0);
      assert.deepEqual(rest, {
        room_id: id,
        user_id: bob.id,
        username: 'bob',
        moderator_id: rob.id,
        reason: 'spam, twice',
        until: null,
      });
      const [event, ...more] = await roomEvents(app, id, since);
      assert.deepEqual([event?.type, event?.user_id, event?.data, more], ['user_banned', bob.id, { until: null }, []]);
      assert.equal((await memberRow(app, id, bob.id))?.left_event, event?.id);
      assert.equal((await alice.get(path, 200)).member_count, 2);
      await app.unchanged(async () => {
        for (const refusal of [
          await bob.get(path, 403),
          await bob.get(`${path}/members`, 403),
          await bob.post(`${path}/join`, {}, 403),
          await bob.post(`${path}/members`, { user_id: bob.id }, 403),
          await bob.post(`${path}/leave`, {}, 403),
          await bob.post(`${path}/messages`, { content: 'let me in' }, 403),
        ]) {
          assert.deepEqual([refusal.code, refusal.details.reason], ['PERMISSION_DENIED', 'banned']);
        }
        assert.equal((await alice.post(`${path}/members`, { user_id: bob.id }, 422)).details.reason, 'banned');
      });
      const listed = (await bob.get('/rooms?limit=1', 200)).rooms[0];
      assert.deepEqual([listed.id, listed.my_role, listed.unread_count], [id, null, 0], 'public it stays');
    });

    it('makes a private room vanish for whom it bans', async () => {
      const { path } = await open({ is_public: false });
      await alice.put(`${path}/bans/${bob.id}`, undefined, 200);
      assert.equal((await bob.get(path, 404)).code, 'ROOM_NOT_FOUND');
      assert.equal(
        (await bob.get('/rooms?filter=private', 200)).rooms.filter((room: { name: string }) => room.name === 'Open')
          .length,
        0,
      );
    });

    it('lets back in who is no longer banned, but does not put him back', async () => {
      const { id, path } = await open();
      await rob.put(`${path}/bans/${bob.id}`, {}, 200);
      await rob.delete(`${path}/bans/${bob.id}`, 204);
      assert.deepEqual(
        (await roomEvents(app, id)).slice(-2).map(({ type }) => type),
        ['user_banned', 'user_unbanned'],
      );
      assert.equal((await bob.get(path, 200)).my_role, null);
      await app.unchanged(async () => {
        assert.equal((await rob.delete(`${path}/bans/${bob.id}`, 404)).code, 'NOT_FOUND');
        assert.equal((await rob.delete(`${path}/bans/999999`, 404)).code, 'USER_NOT_FOUND');
      });
      await bob.post(`${path}/join`, {}, 201);
      const ban = await rob.put(`${path}/bans/${bob.id}`, {}, 200);
      assert.deepEqual(await rob.delete(`${path}/bans/${bob.id}`, 200, { prefer: 'return=representation' }), ban);
    });

    it('bans who was never there, and keeps him out', async () => {
      const { path } = await open();
      await rob.put(`${path}/bans/${mallory.id}`, {}, 200);
      await mallory.post(`${path}/join`, {}, 403);
      assert.equal((await alice.get(path, 200)).member_count, 3);
      assert.equal((await rob.put(`${path}/bans/999999`, {}, 404)).code, 'USER_NOT_FOUND');
    });

    it('changes what of a standing ban is named, and says nothing when nothing changes', async () => {
      const { id, path } = await open();
      const until = inMinutes(5);
      const first = await rob.put(`${path}/bans/${bob.id}`, { reason: 'first', until }, 200);
      assert.equal(first.until, until);
      await app.unchanged(async () => {
        assert.deepEqual(await rob.put(`${path}/bans/${bob.id}`, {}, 200), first);
        assert.deepEqual(await alice.put(`${path}/bans/${bob.id}`, { reason: 'first', until }, 200), first);
      });
      const changed = await alice.patch(`${path}/bans/${bob.id}`, { until: null }, 200);
      assert.deepEqual(changed, { ...first, until: null, moderator_id: alice.id });
      const events = (await roomEvents(app, id)).filter(({ type }) => type === 'user_banned');
      assert.deepEqual(
        events.map(({ data }) => data.until),
        [Date.parse(until), null],
      );
      assert.equal((await memberRow(app, id, bob.id))?.left_event, events[0]?.id, 'the first ban ended the membership');
    });

    it('forgets a ban that has run out', async () => {
      const { path } = await open();
      await rob.put(`${path}/bans/${bob.id}`, { until: inMinutes(1), reason: 'short' }, 200);
      await bob.get(path, 403);
      ahead += 2 * MINUTE;
      await bob.get(path, 200);
      assert.deepEqual((await rob.get(`${path}/bans`, 200)).bans, []);
      await app.unchanged(() => rob.delete(`${path}/bans/${bob.id}`, 404));
      await bob.post(`${path}/join`, {}, 201);
      const again = await rob.put(`${path}/bans/${bob.id}`, {}, 200);
      assert.deepEqual([again.reason, again.until], [null, null], 'a new ban is a new ban');
      await bob.get(path, 403);
    });

    it('lists bans, newest first, to who moderates', async () => {
      const { path } = await open();
      for (const person of [mallory, bob]) {
        await rob.put(`${path}/bans/${person.id}`, {}, 200);
        ahead += 1;
      }
      const page = await rob.get(`${path}/bans?limit=1`, 200);
      assert.deepEqual([page.bans[0].username, page.total, page.has_more], ['bob', 2, true]);
      const rest = await sam.get(`${path}/bans?limit=1&offset=1`, 200);
      assert.deepEqual([rest.bans[0].username, rest.total, rest.has_more], ['mallory', 2, false]);
      await rob.get(`${path}/bans?limit=0`, 400);
    });

    it('refuses bans and mutes that are malformed, in the past or not yours to give', async () => {
      const { path } = await open();
      await app.unchanged(async () => {
        for (const kind of ['bans', 'mutes']) {
          for (const until of [
            'tomorrow',
            '',
            '2030-01-01',
            '2030-01-01T00:00:00',
            '2030-02-30T00:00:00Z',
            '2030-13-01T00:00:00Z',
            '2030-01-01T00:00:00+99:00',
            '9999-12-31T23:59:59-12:00',
            1_893_456_000_000,
            true,
          ]) {
            const { code, details } = await rob.put(`${path}/${kind}/${bob.id}`, { until }, 400);
            assert.deepEqual([code, details.field], ['VALIDATION_FAILED', 'until'], String(until));
          }
          const past = await rob.put(`${path}/${kind}/${bob.id}`, { until: '2020-01-01T00:00:00Z' }, 422);
          assert.deepEqual(past.details, { reason: 'in_the_past', field: 'until' });
          await bob.put(`${path}/${kind}/${mallory.id}`, { until: '2020-01-01T00:00:00Z' }, 403);
          await rob.put(`${path}/${kind}/${bob.id}`, { moderator_id: 1 }, 400);
          await rob.put(`${path}/${kind}/${rob.id}`, {}, 403);
          await rob.put(`${path}/${kind}/x`, {}, 400);
        }
        for (const reason of ['a\u0000', '\ud800', 'a\u0007', 'a'.repeat(501), 5]) {
          const { details } = await rob.put(`${path}/bans/${bob.id}`, { reason }, 400);
          assert.equal(details.field, 'reason');
        }
      });
    });

    it('lets nobody act on who stands as high or higher', async () => {
      const { path } = await open();
      const other = await app.register(`mod_${engine}`);
      await alice.post(`${path}/members`, { user_id: other.id, role: 'moderator' }, 201);
      await sam.post(`${path}/join`, {}, 201);
      await app.admin.post(`${path}/join`, {}, 201);
      await app.unchanged(async () => {
        for (const kind of ['bans', 'mutes']) {
          for (const target of [other, alice, sam, app.admin, rob]) {
            assert.equal((await rob.put(`${path}/${kind}/${target.id}`, {}, 403)).details.your_role, 'moderator');
          }
          for (const target of [sam, app.admin]) await alice.put(`${path}/${kind}/${target.id}`, {}, 403);
          for (const target of [alice, app.admin, sam]) await sam.put(`${path}/${kind}/${target.id}`, {}, 403);
          await app.admin.put(`${path}/${kind}/${app.admin.id}`, {}, 403);
          assert.equal((await alice.put(`${path}/${kind}/${alice.id}`, {}, 409)).details.reason, 'owner_must_transfer');
          await app.admin.put(`${path}/${kind}/${alice.id}`, {}, 409);
        }
        for (const target of [sam, app.admin, alice, other]) await rob.delete(`${path}/members/${target.id}`, 403);
      });
      await app.admin.put(`${path}/bans/${sam.id}`, {}, 200);
      await sam.get(path, 403);
      await app.unchanged(() => sam.delete(`${path}/bans/${sam.id}`, 403));
    });

    it('mutes: reads, leaves, does not speak', async () => {
      const { id, path } = await open();
      const since = await lastEvent(app, id);
      const until = inMinutes(1);
      const mute = await rob.put(`${path}/mutes/${bob.id}`, { until }, 200);
      assert.deepEqual(mute, { room_id: id, user_id: bob.id, username: 'bob', until });
      await app.unchanged(async () => {
        assert.equal((await bob.post(`${path}/messages`, { content: 'x' }, 403)).details.reason, 'muted');
        assert.deepEqual(await rob.put(`${path}/mutes/${bob.id}`, {}, 200), mute, 'a mute that stands keeps its end');
      });
      assert.ok(!(await bob.get(path, 200)).can.includes('message.send'));
      const shown = (await bob.get(`${path}/members?role=member`, 200)).members[0];
      assert.equal(shown.muted_until, until);
      ahead += 2 * MINUTE;
      await bob.post(`${path}/messages`, { content: 'again' }, 201);
      assert.equal((await bob.get(`${path}/members?role=member`, 200)).members[0].muted_until, null);
      await app.unchanged(() => rob.delete(`${path}/mutes/${bob.id}`, 404));
      assert.deepEqual(
        (await roomEvents(app, id, since)).slice(0, 1).map(({ type, user_id, data }) => [type, user_id, data]),
        [['member_muted', bob.id, { until: Date.parse(until) }]],
      );
    });

    it('mutes without end, which leaving and coming back does not lift', async () => {
      const { id, path } = await open();
      assert.equal((await rob.put(`${path}/mutes/${bob.id}`, undefined, 200)).until, null);
      assert.equal((await roomEvents(app, id)).at(-1)?.data.until, null);
      await bob.post(`${path}/leave`, {}, 204);
      assert.deepEqual((await rob.get(`${path}/mutes`, 200)).total, 0, 'who is gone is not listed');
      assert.equal((await rob.put(`${path}/mutes/${bob.id}`, {}, 404)).code, 'USER_NOT_FOUND');
      const back = await bob.post(`${path}/join`, {}, 201);
      assert.equal(back.muted_until, '9999-12-31T23:59:59.999Z');
      await bob.post(`${path}/messages`, { content: 'x' }, 403);
      const page = await rob.get(`${path}/mutes`, 200);
      assert.deepEqual([page.total, page.has_more], [1, false]);
      assert.deepEqual(page.mutes, [{ room_id: id, user_id: bob.id, username: 'bob', until: null }]);
      await bob.delete(`${path}/mutes/${bob.id}`, 403);
      const prefer = { prefer: 'return=representation' };
      assert.deepEqual(await rob.delete(`${path}/mutes/${bob.id}`, 200, prefer), page.mutes[0]);
      assert.equal((await roomEvents(app, id)).at(-1)?.type, 'member_unmuted');
      await bob.post(`${path}/messages`, { content: 'x' }, 201);
      assert.equal((await rob.delete(`${path}/mutes/${bob.id}`, 404)).code, 'NOT_FOUND');
      assert.equal((await rob.delete(`${path}/mutes/${mallory.id}`, 404)).code, 'USER_NOT_FOUND');
    });

    it('shortens a mute without end, and the other way round', async () => {
      const { path } = await open();
      const until = inMinutes(3);
      await rob.put(`${path}/mutes/${bob.id}`, {}, 200);
      assert.equal((await rob.patch(`${path}/mutes/${bob.id}`, { until }, 200)).until, until);
      assert.equal((await rob.put(`${path}/mutes/${bob.id}`, { until: null }, 200)).until, null);
    });

    it('lets a new owner speak, since nobody could lift his mute', async () => {
      const { id, path } = await open();
      await rob.put(`${path}/mutes/${bob.id}`, {}, 200);
      await alice.put(`${path}/members/${bob.id}`, { role: 'owner' }, 200);
      assert.equal((await roomEvents(app, id)).at(-1)?.type, 'member_unmuted');
      await bob.post(`${path}/messages`, { content: 'mine' }, 201);
    });

    it('never has somebody both banned and inside', async () => {
      const { path } = await open();
      const crowd = [bob, mallory];
      for (let round = 0; round < 4; round++) {
        await Promise.all(
          crowd.flatMap((person) => [
            person.request('POST', `${path}/join`),
            rob.request('PUT', `${path}/bans/${person.id}`, { body: { reason: `round ${round}` } }),
            alice.request('POST', `${path}/members`, { body: { user_id: person.id } }),
            person.request('POST', `${path}/leave`),
            person.request('POST', `${path}/join`),
          ]),
        );
        const inside = (await alice.get(`${path}/members?role=member`, 200)).members;
        const banned = (await alice.get(`${path}/bans`, 200)).bans;
        assert.deepEqual([inside.length, banned.length], [0, 2]);
        assert.deepEqual(await differences(app.deps.db.reader), []);
        for (const person of crowd) await rob.delete(`${path}/bans/${person.id}`, 204);
      }
    });
  });
}
