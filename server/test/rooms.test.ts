import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { differences } from '../src/modules/admin/consistency.ts';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';
import { lastEvent, memberRow, roomEvents } from './room_log.ts';

const allNames = (page: { rooms: { name: string }[] }) => page.rooms.map(({ name }) => name);

for (const engine of engines) {
  describe(`rooms (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const [alice, bob, mallory] = [
      await app.register('alice'),
      await app.register('bob'),
      await app.register('mallory'),
    ];
    const gus = await app.registerAs('guest', 'gus');
    const sam = await app.registerAs('moderator', 'sam');

    it('makes the room of the documentation, owned by who made it', async () => {
      const room = await alice.post(
        '/rooms',
        {
          name: '  Équipe Dev ',
          description: "Discussions de l'équipe développement",
          is_public: false,
          max_members: 50,
          metadata: { team: 'dev', n: [1, 2] },
        },
        201,
      );
      const { id, uuid, created_at, updated_at, last_activity, ...rest } = room;
      assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
      assert.equal(created_at, updated_at);
      assert.equal(created_at, last_activity);
      assert.deepEqual(rest, {
        name: 'Équipe Dev',
        description: "Discussions de l'équipe développement",
        topic: null,
        is_public: false,
        is_archived: false,
        auto_join: false,
        owner_id: alice.id,
        member_count: 1,
        max_members: 50,
        unread_count: 0,
        mention_count: 0,
        my_role: 'owner',
        slow_mode_seconds: 0,
        metadata: { team: 'dev', n: [1, 2] },
        version: 1,
      });
      const { can, ...read } = await alice.get(`/rooms/${id}`, 200);
      assert.deepEqual(read, room);
      assert.ok(can.includes('room.delete') && can.includes('message.send'));
      assert.ok(!can.includes('room.leave') && !can.includes('room.set_auto_join'));
      const [made, ...more] = await roomEvents(app, id);
      assert.deepEqual([made?.type, made?.actor_id, made?.version, more], ['room_created', alice.id, 1, []]);
    });

    it('takes names in any script, and in one form', async () => {
      const decomposed = 'Cafe\u0301';
      for (const name of ['x', '日本語の部屋', 'غرفة', decomposed, '🎉', 'a'.repeat(100), '🎉'.repeat(100)]) {
        assert.equal((await alice.post('/rooms', { name }, 201)).name, name.normalize('NFC'));
      }
      const twin = await alice.post('/rooms', { name: 'x' }, 201);
      assert.equal(twin.is_public, true, 'names are not unique, and public is what a room is');
      assert.equal(twin.max_members, 1_000);
    });

    it('refuses what a room cannot be, naming the field, and makes nothing', async () => {
      const refused: [object, string][] = [
        [{}, ''],
        [{ name: '' }, 'name'],
        [{ name: '   ' }, 'name'],
        [{ name: '\u200b' }, 'name'],
        [{ name: 'a'.repeat(101) }, 'name'],
        [{ name: '🎉'.repeat(101) }, 'name'],
        [{ name: 'a\u0000b' }, 'name'],
        [{ name: 'a\nb' }, 'name'],
        [{ name: 'a\ud800' }, 'name'],
        [{ name: '\u202etxt' }, 'name'],
        [{ name: `a${'\u0300'.repeat(22)}` }, 'name'],
        [{ name: 7 }, 'name'],
        [{ name: null }, 'name'],
        [{ name: 'x', description: 'a'.repeat(1_001) }, 'description'],
        [{ name: 'x', description: 'a\u0000' }, 'description'],
        [{ name: 'x', topic: '\udfff' }, 'topic'],
        [{ name: 'x', topic: 'a'.repeat(201) }, 'topic'],
        [{ name: 'x', topic: '\u001b[31m' }, 'topic'],
        [{ name: 'x', is_public: 'yes' }, 'is_public'],
        [{ name: 'x', max_members: 0 }, 'max_members'],
        [{ name: 'x', max_members: 10_001 }, 'max_members'],
        [{ name: 'x', max_members: 1.5 }, 'max_members'],
        [{ name: 'x', slow_mode_seconds: -1 }, 'slow_mode_seconds'],
        [{ name: 'x', slow_mode_seconds: 3_601 }, 'slow_mode_seconds'],
        [{ name: 'x', metadata: { a: 'x'.repeat(4_100) } }, 'metadata'],
        [{ name: 'x', metadata: { a: { b: { c: { d: { e: {} } } } } } }, 'metadata'],
        [{ name: 'x', metadata: { a: '\u0000' } }, 'metadata'],
        [{ name: 'x', metadata: [] }, 'metadata'],
        [{ name: 'x', owner_id: 1 }, ''],
        [{ name: 'x', is_archived: true }, ''],
      ];
      await app.unchanged(async () => {
        for (const [body, field] of refused) {
          const { code, details } = await alice.post('/rooms', body, 400);
          assert.equal(code, 'VALIDATION_FAILED');
          if (field) assert.ok(details.field.startsWith(field), `${JSON.stringify(body)}: ${details.field}`);
        }
      });
      const { details } = await alice.post(
        '/rooms',
        {
          name: '',
          description: 7,
          topic: 'a'.repeat(201),
          max_members: 99_999,
          metadata: { a: 'x'.repeat(4_100) },
          more: 1,
        },
        400,
      );
      assert.deepEqual(
        details.errors.map(({ field }: { field: string }) => field).sort(),
        ['description', 'max_members', 'metadata', 'more', 'name', 'topic'],
        'all faults at once',
      );
      const { details: asked } = await alice.get('/rooms?limit=0&cursor=nonsense', 400);
      assert.deepEqual(asked.errors, [
        { field: 'limit', reason: 'too_small' },
        { field: 'cursor', reason: 'not_a_cursor' },
      ]);
      const most = {
        description: '🎉\n'.repeat(500),
        topic: 'a'.repeat(200),
        max_members: 10_000,
        slow_mode_seconds: 3_600,
      };
      const { description, topic, max_members, slow_mode_seconds } = await alice.post(
        '/rooms',
        { name: 'x', ...most },
        201,
      );
      assert.deepEqual({ description, topic, max_members, slow_mode_seconds }, most, 'kept at the limit');
      await alice.post('/rooms', { name: 'x', description: 'a\tb\nc', topic: null, metadata: null }, 201);
    });

    it('lets no guest make rooms and nobody but admins have people join by themselves', async () => {
      await app.unchanged(async () => {
        assert.equal((await gus.post('/rooms', { name: 'x' }, 403)).details.your_role, 'guest');
        assert.equal((await alice.post('/rooms', { name: 'x', auto_join: true }, 403)).details.required, 'admin');
        assert.equal((await sam.post('/rooms', { name: 'x', auto_join: false }, 403)).details.required, 'admin');
      });
      assert.equal((await app.admin.post('/rooms', { name: 'x', auto_join: true }, 201)).auto_join, true);
    });

    it('hides a private room from whom it does not concern as if it was not there', async () => {
      const { id } = await alice.post('/rooms', { name: 'Secret', is_public: false }, 201);
      await app.unchanged(async () => {
        for (const someone of [mallory, gus, sam]) {
          for (const path of [`/rooms/${id}`, '/rooms/999999']) {
            const refusals = [
              await someone.get(path, 404),
              await someone.put(path, { name: 'Mine' }, 404),
              await someone.delete(path, 404),
              await someone.get(`${path}/members`, 404),
              await someone.post(`${path}/join`, {}, 404),
            ];
            for (const { code, details } of refusals) assert.deepEqual([code, details], ['ROOM_NOT_FOUND', {}]);
          }
        }
      });
      assert.equal((await app.admin.get(`/rooms/${id}`, 200)).my_role, null);
      const types = (await roomEvents(app, id)).map(({ type }) => type);
      assert.deepEqual(types, ['room_created', 'private_room_read'], 'what an admin looks at is audited');
    });

    it('tells an outsider of a public room what he may do: little', async () => {
      const { id } = await alice.post('/rooms', { name: 'Open' }, 201);
      assert.deepEqual((await mallory.get(`/rooms/${id}`, 200)).can, [
        'room.read',
        'room.join',
        'member.list',
        'message.list',
        'message.delete_own',
        'reaction.remove',
        'file.read',
        'file.delete_own',
      ]);
      assert.deepEqual((await gus.get(`/rooms/${id}`, 200)).can, ['room.read', 'message.list', 'file.read']);
    });

    it('lists by newest activity what each may see, counted exactly', async () => {
      const [ann, ben] = [await app.register('ann'), await app.register('ben')];
      // Rooms that everybody joins by himself are there too.
      const names = (page: { rooms: { name: string }[] }) =>
        allNames(page).filter((name) => ['Ann open', 'Ann shut', 'Both'].includes(name));
      const totals = async (person: typeof ann, filter: string) => (await person.get(`/rooms?${filter}`, 200)).total;
      const before = await totals(ann, 'filter=public');
      const beforeInAll = await totals(app.admin, 'filter=all');
      const open = await ann.post('/rooms', { name: 'Ann open' }, 201);
      const shut = await ann.post('/rooms', { name: 'Ann shut', is_public: false }, 201);
      const both = await ann.post('/rooms', { name: 'Both', is_public: false }, 201);
      await ann.post(`/rooms/${both.id}/members`, { user_id: ben.id }, 201);
      await ann.post(`/rooms/${both.id}/members`, { user_id: gus.id }, 201);
      await ann.post(`/rooms/${shut.id}/messages`, { content: 'up again' }, 201);

      assert.deepEqual(names(await ann.get('/rooms?limit=3', 200)), ['Ann shut', 'Both', 'Ann open']);
      assert.deepEqual(names(await ann.get('/rooms?filter=private', 200)), ['Ann shut', 'Both']);
      assert.deepEqual(names(await ann.get('/rooms?filter=owned', 200)), ['Ann shut', 'Both', 'Ann open']);
      assert.deepEqual(names(await ann.get('/rooms?filter=joined', 200)), ['Ann shut', 'Both', 'Ann open']);
      assert.deepEqual(names(await ann.get('/rooms?filter=public&limit=1', 200)), ['Ann open']);
      assert.deepEqual(names(await ben.get('/rooms?filter=private', 200)), ['Both']);
      assert.deepEqual(names(await ben.get('/rooms?filter=joined', 200)), ['Both']);
      assert.deepEqual(names(await ben.get('/rooms?filter=owned', 200)), []);
      assert.deepEqual(names(await gus.get('/rooms?limit=2', 200)), ['Both', 'Ann open'], 'a guest has his own');
      assert.ok(!names(await mallory.get('/rooms?limit=100', 200)).some((name) => ['Ann shut', 'Both'].includes(name)));

      assert.equal(await totals(ann, 'filter=public'), before + 1);
      assert.equal(await totals(ann, ''), before + 3);
      assert.equal(await totals(ben, ''), before + 2);
      assert.equal(await totals(gus, ''), before + 2);
      assert.equal(await totals(mallory, ''), before + 1);
      for (const person of [ann, gus, sam]) {
        assert.equal((await person.get('/rooms?filter=all', 403)).details.required, 'admin');
      }
      assert.equal(await totals(app.admin, 'filter=all'), beforeInAll + 3);
      assert.deepEqual(await differences(app.deps.db.reader), []);
      await ann.delete(`/rooms/${open.id}`, 204);
      assert.equal(await totals(ben, ''), before + 1);
    });

    it('pages by offset and by cursor, each room once, however many share their last activity', async () => {
      const zoe = await app.register('zoe');
      await Promise.all(Array.from({ length: 12 }, (_, n) => zoe.post('/rooms', { name: `Zoe ${n}` }, 201)));
      const all = await zoe.get('/rooms?filter=owned', 200);
      assert.equal(all.total, 12);
      const keys = all.rooms.map((room: { last_activity: string; id: number }) => [room.last_activity, room.id]);
      const sorted = [...keys].sort(([a, x], [b, y]) => (a === b ? y - x : a < b ? 1 : -1));
      assert.deepEqual(keys, sorted);
      for (const by of ['offset', 'cursor']) {
        const seen: number[] = [];
        let next = '';
        for (let page = 0; page < 3; page++) {
          const got = await zoe.get(`/rooms?filter=owned&limit=5${next}`, 200);
          seen.push(...got.rooms.map(({ id }: { id: number }) => id));
          assert.deepEqual([got.total, got.has_more, got.next_cursor !== null], [12, page < 2, page < 2]);
          next = by === 'offset' ? `&offset=${seen.length}` : `&cursor=${got.next_cursor}`;
        }
        assert.deepEqual(
          seen,
          keys.map(([, id]: [string, number]) => id),
          by,
        );
      }
      const beyond = await zoe.get('/rooms?filter=owned&offset=10000', 200);
      assert.deepEqual([beyond.rooms, beyond.total, beyond.has_more], [[], 12, false]);
      const everything = await zoe.get('/rooms?limit=100', 200);
      const halves = [
        await zoe.get('/rooms?limit=7', 200),
        await zoe.get(`/rooms?limit=93&cursor=${(await zoe.get('/rooms?limit=7', 200)).next_cursor}`, 200),
      ];
      assert.deepEqual(
        halves.flatMap(({ rooms }) => rooms),
        everything.rooms,
      );
    });

    it('refuses pages that cannot be', async () => {
      for (const query of [
        'limit=0',
        'limit=101',
        'limit=x',
        'offset=-1',
        'offset=10001',
        'offset=1.5',
        'filter=mine',
        'cursor=%00',
        'cursor=x',
        `cursor=${Buffer.from('1-1;drop').toString('base64url')}`,
        `cursor=${Buffer.from('1-1').toString('base64url')}&offset=1`,
        `search=${'a'.repeat(101)}`,
        'search=a%00b',
      ]) {
        assert.equal((await alice.get(`/rooms?${query}`, 400)).code, 'VALIDATION_FAILED', query);
      }
      assert.equal((await alice.get('/rooms/0', 400)).code, 'VALIDATION_FAILED');
      assert.equal((await alice.get('/rooms/abc', 400)).code, 'VALIDATION_FAILED');
    });

    it('counts what each member has not read', async () => {
      const { id } = await alice.post('/rooms', { name: 'Unread' }, 201);
      await alice.post(`/rooms/${id}/messages`, { content: 'before bob' }, 201);
      await bob.post(`/rooms/${id}/join`, {}, 201);
      const countsFor = async (person: typeof bob) => {
        const one = await person.get(`/rooms/${id}`, 200);
        const listed = (await person.get('/rooms?search=unread', 200)).rooms[0];
        assert.deepEqual(listed.unread_count, one.unread_count);
        return [one.unread_count, listed.mention_count, one.my_role];
      };
      assert.deepEqual(await countsFor(bob), [0, 0, 'member'], 'joining starts at the present end');
      await alice.post(`/rooms/${id}/messages`, { content: 'one' }, 201);
      await alice.post(`/rooms/${id}/messages`, { content: 'two, @bob' }, 201);
      assert.deepEqual(await countsFor(bob), [2, 1, 'member']);
      assert.deepEqual(await countsFor(alice), [0, 0, 'owner']);
      assert.deepEqual(await countsFor(mallory), [0, 0, null]);
      await bob.post(`/rooms/${id}/messages`, { content: 'read' }, 201);
      assert.deepEqual(await countsFor(bob), [0, 0, 'member']);
    });

    it('finds rooms by any part of their names, whatever case and accents', async () => {
      await alice.post('/rooms', { name: 'Crème brûlée 100%' }, 201);
      await alice.post('/rooms', { name: 'crème_fraîche', is_public: false }, 201);
      const found = async (person: typeof alice, search: string, more = '') =>
        allNames(await person.get(`/rooms?search=${encodeURIComponent(search)}${more}`, 200)).sort();
      assert.deepEqual(await found(alice, 'CREME'), ['Crème brûlée 100%', 'crème_fraîche']);
      assert.deepEqual(await found(bob, 'creme'), ['Crème brûlée 100%'], 'never what is hidden');
      assert.deepEqual(await found(alice, 'creme', '&filter=private'), ['crème_fraîche']);
      assert.deepEqual(await found(app.admin, 'creme', '&filter=all'), ['Crème brûlée 100%', 'crème_fraîche']);
      assert.deepEqual(await found(alice, 'me bru'), ['Crème brûlée 100%']);
      assert.deepEqual(await found(alice, '0%'), ['Crème brûlée 100%']);
      assert.deepEqual(await found(alice, 'e_f'), ['crème_fraîche'], 'wildcards are letters');
      assert.deepEqual(await found(alice, 'c%e'), []);
      assert.deepEqual(await found(alice, "'; drop table rooms; --\\"), []);
      const page = await alice.get('/rooms?search=creme&limit=1', 200);
      assert.deepEqual([page.rooms.length, page.total, page.has_more], [1, 2, true]);
      const rest = await alice.get(`/rooms?search=creme&limit=1&cursor=${page.next_cursor}`, 200);
      assert.deepEqual([rest.rooms.length, rest.total, rest.has_more, rest.next_cursor], [1, 2, false, null]);
      assert.equal(
        (await alice.get('/rooms?search=%20%20', 200)).total,
        (await alice.get('/rooms', 200)).total,
        'a blank search is none',
      );
    });

    it('changes what is named and nothing else', async () => {
      const made = await alice.post(
        '/rooms',
        { name: 'Before', description: 'd', topic: 't', metadata: { a: 1 } },
        201,
      );
      const path = `/rooms/${made.id}`;
      const renamed = await alice.put(path, { name: ' After ', description: 'Discussions mises à jour' }, 200);
      const { updated_at, ...changed } = renamed;
      const { updated_at: _, ...expected } = {
        ...made,
        name: 'After',
        description: 'Discussions mises à jour',
        version: 2,
      };
      assert.deepEqual(changed, expected);
      assert.ok(updated_at >= made.updated_at);
      const cleared = await alice.patch(path, { description: null, topic: null, metadata: null }, 200);
      assert.deepEqual([cleared.description, cleared.topic, cleared.metadata, cleared.version], [null, null, {}, 3]);
      const limits = { max_members: 1, slow_mode_seconds: 3_600, is_archived: true };
      assert.deepEqual(await alice.put(path, limits, 200).then(({ version }) => version), 4);
      assert.deepEqual(allNames(await alice.get('/rooms?search=after&limit=1', 200)), ['After']);
      assert.deepEqual((await alice.get('/rooms?search=before', 200)).rooms, []);
      const events = await roomEvents(app, made.id);
      assert.deepEqual(
        events.map(({ type, version }) => [type, version]),
        [
          ['room_created', 1],
          ['room_updated', 2],
          ['room_updated', 3],
          ['room_updated', 4],
        ],
      );
      await app.unchanged(async () => {
        assert.equal((await alice.put(path, {}, 200)).version, 4);
        assert.equal((await alice.put(path, { name: 'After', ...limits, topic: null }, 200)).version, 4);
      });
    });

    it('refuses changes that are malformed, impossible or not yours', async () => {
      const { id } = await alice.post('/rooms', { name: 'Firm' }, 201);
      const path = `/rooms/${id}`;
      await bob.post(`${path}/join`, {}, 201);
      await alice.put(`${path}/members/${bob.id}`, { role: 'moderator' }, 200);
      await app.unchanged(async () => {
        for (const body of [
          { name: null },
          { name: ' ' },
          { is_public: null },
          { is_archived: 1 },
          { max_members: null },
          { slow_mode_seconds: '5' },
          { owner_id: bob.id },
          { member_count: 3 },
          { version: 7 },
          { name: 'ok', topic: '\u0007' },
        ]) {
          assert.equal((await alice.put(path, body, 400)).code, 'VALIDATION_FAILED', JSON.stringify(body));
        }
        assert.deepEqual((await alice.put(path, { max_members: 1 }, 422)).details, {
          reason: 'below_member_count',
          field: 'max_members',
          member_count: 2,
        });
        for (const someone of [bob, mallory, gus]) {
          const { details } = await someone.put(path, { name: 'Mine' }, 403);
          assert.equal(details.required, 'owner');
          assert.equal((await someone.put(path, { max_members: 1 }, 403)).code, 'PERMISSION_DENIED', '403 before 422');
          assert.equal((await someone.put(path, { name: '' }, 400)).code, 'VALIDATION_FAILED', '400 before 403');
        }
        assert.equal((await alice.put(path, { auto_join: true }, 403)).details.required, 'admin');
      });
      assert.equal((await sam.put(path, { topic: 'by the server moderator' }, 200)).topic, 'by the server moderator');
      assert.equal((await app.admin.put(path, { auto_join: true, max_members: 1 }, 200)).auto_join, true);
    });

    it('turns private and public again', async () => {
      const { id } = await alice.post('/rooms', { name: 'Turning' }, 201);
      await mallory.get(`/rooms/${id}`, 200);
      assert.equal((await alice.put(`/rooms/${id}`, { is_public: false }, 200)).is_public, false);
      await mallory.get(`/rooms/${id}`, 404);
      await sam.put(`/rooms/${id}`, { is_public: true }, 404);
      assert.deepEqual((await mallory.get('/rooms?search=turning', 200)).rooms, []);
      await alice.put(`/rooms/${id}`, { is_public: true }, 200);
      await mallory.get(`/rooms/${id}`, 200);
      assert.deepEqual(await differences(app.deps.db.reader), []);
    });

    it('is read-only while archived, and can be taken out of the archive', async () => {
      const { id } = await alice.post('/rooms', { name: 'Old' }, 201);
      await alice.put(`/rooms/${id}`, { is_archived: true }, 200);
      const refusal = await app.unchanged(() => alice.post(`/rooms/${id}/messages`, { content: 'x' }, 403));
      assert.equal(refusal.details.reason, 'archived');
      assert.ok(!(await alice.get(`/rooms/${id}`, 200)).can.includes('message.send'));
      await alice.put(`/rooms/${id}`, { is_archived: false }, 200);
      await alice.post(`/rooms/${id}/messages`, { content: 'x' }, 201);
    });

    it('ends a room at once, for everybody and everything under it', async () => {
      const room = await alice.post('/rooms', { name: 'Doomed' }, 201);
      const path = `/rooms/${room.id}`;
      await bob.post(`${path}/join`, {}, 201);
      await alice.put(`${path}/members/${bob.id}`, { role: 'moderator' }, 200);
      await app.unchanged(async () => {
        for (const someone of [bob, mallory, gus, sam]) {
          assert.equal((await someone.delete(path, 403)).code, 'PERMISSION_DENIED');
        }
      });
      await alice.delete(path, 204);
      const event = (await roomEvents(app, room.id)).at(-1);
      assert.deepEqual([event?.type, event?.data], ['room_deleted', { name: 'Doomed' }]);
      for (const { id } of [alice, bob]) {
        const row = await memberRow(app, room.id, id);
        assert.equal(row?.left_event, event?.id, 'the last event its members see');
        assert.notEqual(row?.left_at, null);
      }
      await app.unchanged(async () => {
        for (const someone of [alice, bob, mallory, app.admin]) {
          await someone.get(path, 404);
          await someone.put(path, { name: 'Back' }, 404);
          await someone.delete(path, 404);
          await someone.get(`${path}/members`, 404);
          await someone.post(`${path}/join`, {}, 404);
          await someone.post(`${path}/messages`, { content: 'x' }, 404);
          await someone.get(`${path}/bans`, 404);
        }
      });
      for (const filter of ['', 'filter=joined', 'filter=owned', 'search=doomed']) {
        assert.ok(!allNames(await alice.get(`/rooms?${filter}`, 200)).includes('Doomed'), filter);
      }
      assert.deepEqual(await differences(app.deps.db.reader), []);
    });

    it('answers a deleted room as it was to who asks for it', async () => {
      const room = await alice.post('/rooms', { name: 'Last look', is_public: false }, 201);
      const preference = { prefer: 'return=representation' };
      assert.deepEqual(await app.admin.delete(`/rooms/${room.id}`, 200, preference), { ...room, my_role: null });
    });

    it('makes one room for one key, also when the key is used twice at once', async () => {
      const key = { 'idempotency-key': 'room-1' };
      const body = { name: 'Once' };
      const [first, second] = await Promise.all([
        alice.request('POST', '/rooms', { body, headers: key }),
        alice.request('POST', '/rooms', { body, headers: key }),
      ]);
      assert.deepEqual([first.status, second.status], [201, 201]);
      assert.deepEqual(first.data, second.data);
      assert.equal((await alice.get('/rooms?search=once', 200)).total, 1);
      await app.unchanged(async () => {
        const again = await alice.request('POST', '/rooms', { body, headers: key });
        assert.equal(again.headers['idempotent-replayed'], 'true');
        assert.equal((await alice.post('/rooms', { name: 'Other' }, 422, key)).code, 'IDEMPOTENCY_MISMATCH');
      });
      assert.notEqual((await bob.post('/rooms', body, 201, key)).id, first.data.id, 'keys are each one’s own');
    });

    it('takes changes at the same time one after another', async () => {
      const { id } = await alice.post('/rooms', { name: 'Busy' }, 201);
      const since = await lastEvent(app, id);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => alice.put(`/rooms/${id}`, { topic: `topic ${n}` }, 200)),
      );
      const versions = answers.map(({ version }) => version).sort((a, b) => a - b);
      assert.deepEqual(
        versions,
        Array.from({ length: 20 }, (_, n) => n + 2),
      );
      const last = answers.find(({ version }) => version === 21);
      assert.equal((await alice.get(`/rooms/${id}`, 200)).topic, last.topic);
      assert.equal((await roomEvents(app, id, since)).length, 20);
    });

    it('is deleted once, and nobody is left inside who came at the same moment', async () => {
      const { id } = await alice.post('/rooms', { name: 'Closing' }, 201);
      const replies = await Promise.all([
        bob.request('POST', `/rooms/${id}/join`),
        alice.request('DELETE', `/rooms/${id}`),
        app.admin.request('DELETE', `/rooms/${id}`),
        mallory.request('POST', `/rooms/${id}/join`),
        alice.request('PUT', `/rooms/${id}`, { body: { is_public: false } }),
      ]);
      const deletions = [replies[1], replies[2]].map((reply) => reply?.status).sort();
      assert.deepEqual(deletions, [204, 404]);
      assert.deepEqual((await roomEvents(app, id)).filter(({ type }) => type === 'room_deleted').length, 1);
      assert.deepEqual(await differences(app.deps.db.reader), []);
      for (const person of [bob, mallory]) assert.notEqual((await memberRow(app, id, person.id))?.left_at, null);
    });
  });
}

describe('searching for rooms', async () => {
  const app = await createTestApp('sqlite', { RATE_LIMITS: 'on', RATE_LIMIT_SEARCH: '2/1m' });
  after(app.close);

  it('counts as a search besides being a request; listing does not', async () => {
    await app.admin.get('/rooms?search=gen', 200);
    await app.admin.get('/rooms?search=gen', 200);
    const refused = await app.admin.request('GET', '/rooms?search=gen');
    assert.deepEqual([refused.status, refused.error.details.scope, refused.error.details.limit], [429, 'search', 2]);
    assert.ok(Number(refused.headers['retry-after']) > 0);
    await app.admin.get('/rooms', 200);
  });
});
