import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { differences } from '../src/modules/admin/consistency.ts';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';
import { lastEvent, memberRow, roomEvents } from './room_log.ts';

const usernames = (page: { members: { username: string }[] }) => page.members.map(({ username }) => username);

for (const engine of engines) {
  describe(`members (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const [alice, bob, carol, mallory] = [
      await app.register('alice'),
      await app.register('bob'),
      await app.register('Carol'),
      await app.register('mallory'),
    ];
    const gus = await app.registerAs('guest', 'gus');
    const sam = await app.registerAs('moderator', 'sam');
    const open = (more: object = {}) => alice.post('/rooms', { name: 'Open', ...more }, 201);

    it('lets one join and leave a public room, however often one asks', async () => {
      const { id } = await open();
      const joined = await bob.post(`/rooms/${id}/join`, {}, 201);
      const { joined_at, last_seen, ...rest } = joined;
      assert.ok(Date.parse(joined_at) > 0 && Date.parse(last_seen) > 0);
      assert.deepEqual(rest, {
        room_id: id,
        user_id: bob.id,
        username: 'bob',
        display_name: null,
        avatar_url: null,
        role: 'member',
        is_online: false,
        status: 'offline',
        muted_until: null,
      });
      const { joined_at: same } = await app.unchanged(() => bob.post(`/rooms/${id}/join`, undefined, 200));
      assert.equal(same, joined_at);
      await bob.post(`/rooms/${id}/leave`, {}, 204);
      const left = await app.unchanged(() => bob.post(`/rooms/${id}/leave`, undefined, 200));
      assert.deepEqual([left.room_id, left.user_id], [id, bob.id]);
      const events = await roomEvents(app, id);
      assert.deepEqual(
        events.map(({ type, user_id, data }) => [type, user_id, data]),
        [
          ['room_created', null, {}],
          ['user_joined', bob.id, { role: 'member' }],
          ['user_left', bob.id, { role: 'member', removed: false }],
        ],
      );
      const row = await memberRow(app, id, bob.id);
      assert.equal(row?.left_event, events[2]?.id, 'what ended his access is the last he sees');
      assert.equal((await alice.get(`/rooms/${id}`, 200)).member_count, 1);
    });

    it('takes who comes back as who comes first', async () => {
      const { id } = await open();
      await alice.post(`/rooms/${id}/members`, { user_id: bob.id, role: 'moderator' }, 201);
      await alice.post(`/rooms/${id}/messages`, { content: 'for @bob' }, 201);
      assert.equal((await bob.get(`/rooms/${id}`, 200)).unread_count, 1);
      await bob.delete(`/rooms/${id}/members/${bob.id}`, 204);
      await alice.post(`/rooms/${id}/messages`, { content: 'without bob' }, 201);
      const gone = await bob.get(`/rooms/${id}`, 200);
      assert.deepEqual([gone.my_role, gone.unread_count, gone.mention_count], [null, 0, 0]);
      await bob.post(`/rooms/${id}/members`, { user_id: bob.id }, 201);
      const back = await bob.get(`/rooms/${id}`, 200);
      assert.deepEqual([back.my_role, back.unread_count, back.mention_count], ['member', 0, 0]);
      assert.equal((await memberRow(app, id, bob.id))?.left_event, null);
    });

    it('puts people into a private room, who then see it', async () => {
      const { id } = await open({ is_public: false });
      await mallory.post(`/rooms/${id}/join`, {}, 404);
      const added = await alice.post(`/rooms/${id}/members`, { user_id: bob.id, role: 'moderator' }, 201);
      assert.deepEqual([added.user_id, added.role], [bob.id, 'moderator']);
      await bob.post(`/rooms/${id}/members`, { user_id: carol.id, role: 'member' }, 201);
      await bob.post(`/rooms/${id}/members`, { user_id: gus.id }, 201);
      assert.equal((await gus.get(`/rooms/${id}`, 200)).my_role, 'member');
      assert.deepEqual((await gus.get(`/rooms/${id}`, 200)).can, ['room.read', 'message.list', 'file.read']);
      assert.equal((await gus.get('/rooms?filter=joined&limit=1', 200)).rooms[0].id, id);
      await bob.delete(`/rooms/${id}/members/${gus.id}`, 204);
      await gus.get(`/rooms/${id}`, 404);
      const event = (await roomEvents(app, id)).at(-1);
      assert.deepEqual(
        [event?.type, event?.actor_id, event?.user_id, event?.data],
        ['user_left', bob.id, gus.id, { role: 'member', removed: true }],
      );
    });

    it('refuses to add who cannot be added, and changes nothing', async () => {
      const { id } = await open();
      const path = `/rooms/${id}/members`;
      await bob.post(`/rooms/${id}/join`, {}, 201);
      await app.unchanged(async () => {
        assert.equal((await alice.post(path, { user_id: 999_999 }, 404)).code, 'USER_NOT_FOUND');
        assert.equal((await alice.post(path, { user_id: bob.id }, 409)).details.reason, 'already_member');
        assert.equal((await bob.post(path, { user_id: bob.id }, 409)).code, 'RESOURCE_CONFLICT');
        for (const person of [alice, app.admin]) {
          const { details } = await person.post(path, { user_id: carol.id, role: 'owner' }, 422);
          assert.deepEqual(details, { reason: 'owner_on_adding', field: 'role' });
        }
        await carol.post(path, { user_id: carol.id, role: 'owner' }, 422);
        await carol.post(path, { user_id: carol.id, role: 'moderator' }, 403);
        assert.equal((await alice.post(path, { user_id: gus.id, role: 'moderator' }, 422)).details.reason, 'guest');
        assert.equal(
          (await carol.post(path, { user_id: 999_999 }, 403)).code,
          'PERMISSION_DENIED',
          '403 before all that',
        );
        for (const body of [
          {},
          { user_id: 0 },
          { user_id: 1.5 },
          { user_id: '2' },
          { user_id: null },
          { user_id: carol.id, role: 'admin' },
          { user_id: carol.id, role: null },
          { user_id: carol.id, joined_at: '2020-01-01T00:00:00Z' },
        ]) {
          assert.equal((await alice.post(path, body, 400)).code, 'VALIDATION_FAILED', JSON.stringify(body));
        }
      });
    });

    it('lists the owner, the moderators, then everybody by name', async () => {
      const { id } = await open();
      const path = `/rooms/${id}/members`;
      const people = [];
      for (const name of ['zed', 'Yan', 'xavier', 'Walter', 'vic', 'Ulla']) people.push(await app.register(name));
      for (const person of people) await person.post(`/rooms/${id}/join`, {}, 201);
      for (const person of people.slice(0, 2)) await alice.put(`${path}/${person.id}`, { role: 'moderator' }, 200);
      await people[5]?.post(`/rooms/${id}/leave`, {}, 204);
      const all = await mallory.get(path, 200);
      assert.deepEqual(usernames(all), ['alice', 'Yan', 'zed', 'vic', 'Walter', 'xavier']);
      assert.deepEqual([all.total, all.has_more], [6, false]);
      for (const [role, expected] of [
        ['owner', ['alice']],
        ['moderator', ['Yan', 'zed']],
        ['member', ['vic', 'Walter', 'xavier']],
        ['all', usernames(all)],
      ] as const) {
        const page = await mallory.get(`${path}?role=${role}`, 200);
        assert.deepEqual([usernames(page), page.total], [expected, expected.length], role);
      }
      const pages = [];
      for (let offset = 0; offset < 6; offset += 2) {
        const page = await mallory.get(`${path}?limit=2&offset=${offset}`, 200);
        assert.deepEqual([page.total, page.has_more], [6, offset < 4]);
        pages.push(...page.members);
      }
      assert.deepEqual(pages, all.members);
      assert.deepEqual(usernames(await mallory.get(`${path}?limit=1&offset=2&role=member`, 200)), ['xavier']);
      assert.deepEqual(usernames(await mallory.get(`${path}?offset=6`, 200)), []);
      for (const query of ['role=admin', 'limit=0', 'limit=101', 'offset=-1'])
        await mallory.get(`${path}?${query}`, 400);
      await gus.get(path, 403);
    });

    it('promotes and demotes, and says so once', async () => {
      const { id } = await open();
      const path = `/rooms/${id}/members/${bob.id}`;
      await bob.post(`/rooms/${id}/join`, {}, 201);
      const since = await lastEvent(app, id);
      assert.equal((await alice.put(path, { role: 'moderator' }, 200)).role, 'moderator');
      await app.unchanged(() => alice.patch(path, { role: 'moderator' }, 200));
      assert.equal((await app.admin.put(path, { role: 'member' }, 200)).role, 'member');
      assert.deepEqual(
        (await roomEvents(app, id, since)).map(({ type, data }) => [type, data]),
        [
          ['member_role_changed', { role: 'moderator', former_role: 'member' }],
          ['member_role_changed', { role: 'member', former_role: 'moderator' }],
        ],
      );
      await app.unchanged(async () => {
        assert.equal(
          (await alice.put(`/rooms/${id}/members/${carol.id}`, { role: 'member' }, 404)).code,
          'USER_NOT_FOUND',
        );
        await alice.put(`/rooms/${id}/members/999999`, { role: 'member' }, 404);
        await bob.put(path, { role: 'moderator' }, 403);
        await bob.put(path, { role: 'owner' }, 403);
        await mallory.put(path, { role: 'moderator' }, 403);
        for (const body of [{}, { role: 'admin' }, { role: null }, { role: 'member', muted_until: null }]) {
          await alice.put(path, body, 400);
        }
      });
    });

    it('transfers a room by its owner or an admin; the former owner becomes a moderator', async () => {
      const room = await open({ is_public: false });
      const path = `/rooms/${room.id}/members`;
      await alice.post(path, { user_id: bob.id }, 201);
      await alice.post(path, { user_id: gus.id }, 201);
      const since = await lastEvent(app, room.id);
      await app.unchanged(async () => {
        assert.equal((await alice.delete(`${path}/${alice.id}`, 409)).details.reason, 'owner_must_transfer');
        await alice.post(`/rooms/${room.id}/leave`, {}, 409);
        await alice.put(`${path}/${alice.id}`, { role: 'moderator' }, 409);
        await alice.put(`${path}/${alice.id}`, { role: 'owner' }, 409);
        await app.admin.put(`${path}/${alice.id}`, { role: 'member' }, 409);
        await app.admin.delete(`${path}/${alice.id}`, 409);
        await bob.put(`${path}/${bob.id}`, { role: 'owner' }, 403);
        assert.equal((await alice.put(`${path}/${gus.id}`, { role: 'owner' }, 422)).details.reason, 'guest');
        await alice.put(`${path}/${mallory.id}`, { role: 'owner' }, 404);
      });
      assert.equal((await alice.put(`${path}/${bob.id}`, { role: 'owner' }, 200)).role, 'owner');
      const after = await alice.get(`/rooms/${room.id}`, 200);
      assert.deepEqual([after.owner_id, after.my_role, after.version], [bob.id, 'moderator', 2]);
      assert.deepEqual(
        (await roomEvents(app, room.id, since)).map(({ type, user_id, data }) => [type, user_id, data]),
        [
          ['member_role_changed', alice.id, { role: 'moderator', former_role: 'owner' }],
          ['member_role_changed', bob.id, { role: 'owner', former_role: 'member' }],
          ['room_updated', null, {}],
        ],
      );
      await alice.delete(`/rooms/${room.id}`, 403);
      await app.admin.put(`${path}/${alice.id}`, { role: 'owner' }, 200);
      await bob.post(`/rooms/${room.id}/leave`, {}, 204);
      assert.deepEqual(await differences(app.deps.db.reader), []);
    });

    it('answers a removed membership as it was to who asks for it', async () => {
      const { id } = await open();
      const prefer = { prefer: 'return=representation' };
      const member = await bob.post(`/rooms/${id}/join`, {}, 201);
      assert.deepEqual(await alice.delete(`/rooms/${id}/members/${bob.id}`, 200, prefer), member);
      await alice.delete(`/rooms/${id}/members/${bob.id}`, 404, prefer);
      await bob.post(`/rooms/${id}/join`, {}, 201);
      assert.equal((await bob.delete(`/rooms/${id}/members/${bob.id}`, 200, prefer)).user_id, bob.id);
    });

    it('stops at the limit, and makes place when somebody leaves', async () => {
      const { id } = await open({ max_members: 2 });
      await bob.post(`/rooms/${id}/join`, {}, 201);
      await app.unchanged(async () => {
        for (const refusal of [
          await carol.post(`/rooms/${id}/join`, {}, 409),
          await carol.post(`/rooms/${id}/members`, { user_id: carol.id }, 409),
          await alice.post(`/rooms/${id}/members`, { user_id: carol.id }, 409),
        ]) {
          assert.deepEqual([refusal.code, refusal.details], ['ROOM_FULL', { max_members: 2 }]);
        }
        await bob.post(`/rooms/${id}/join`, {}, 200);
      });
      await bob.post(`/rooms/${id}/leave`, {}, 204);
      await carol.post(`/rooms/${id}/join`, {}, 201);
      await app.admin.put(`/rooms/${id}`, { auto_join: true }, 200);
      await bob.post(`/rooms/${id}/join`, {}, 201);
      assert.equal((await alice.get(`/rooms/${id}`, 200)).member_count, 3, 'no limit where everybody joins by himself');
    });

    it('joins once for one key', async () => {
      const { id } = await open();
      const key = { 'idempotency-key': 'join-1' };
      const body = { user_id: bob.id };
      const first = await bob.post(`/rooms/${id}/members`, body, 201, key);
      assert.deepEqual(await app.unchanged(() => bob.post(`/rooms/${id}/members`, body, 201, key)), first);
      await bob.post(`/rooms/${id}/members`, body, 409);
    });

    it('takes exactly ten of fifty who come at once', async () => {
      const { id } = await open({ max_members: 10 });
      const crowd = [];
      for (let n = 0; n < 50; n++) crowd.push(await app.register(`crowd_${n}`));
      const replies = await Promise.all(
        crowd.map((person, n) =>
          n % 2 === 0
            ? person.request('POST', `/rooms/${id}/join`)
            : person.request('POST', `/rooms/${id}/members`, { body: { user_id: person.id } }),
        ),
      );
      const refused = replies.filter(({ status }) => status === 409);
      assert.equal(refused.length, 41);
      assert.ok(refused.every(({ error }) => error.code === 'ROOM_FULL'));
      const members = await alice.get(`/rooms/${id}/members`, 200);
      assert.deepEqual([members.total, members.members.length], [10, 10]);
      assert.equal((await roomEvents(app, id)).length, 10);
      assert.deepEqual(await differences(app.deps.db.reader), []);
    });

    it('has one owner whatever happens at once', async () => {
      const { id } = await open();
      const heirs = [bob, carol, mallory];
      for (const heir of heirs) await heir.post(`/rooms/${id}/join`, {}, 201);
      const member = (person: typeof bob) => `/rooms/${id}/members/${person.id}`;
      for (let round = 0; round < 5; round++) {
        await Promise.all([
          ...[alice, ...heirs].flatMap((owner) =>
            heirs.map((heir) => owner.request('PUT', member(heir), { body: { role: 'owner' } })),
          ),
          ...[alice, ...heirs].map((person) => person.request('POST', `/rooms/${id}/leave`)),
          ...heirs.map((heir) => app.admin.request('DELETE', member(heir))),
          ...heirs.map((heir) => alice.request('PUT', member(heir), { body: { role: 'moderator' } })),
          ...[alice, ...heirs].map((person) => person.request('POST', `/rooms/${id}/join`)),
        ]);
        const owners = await app.admin.get(`/rooms/${id}/members?role=owner`, 200);
        assert.equal(owners.members.length, 1);
        assert.equal((await app.admin.get(`/rooms/${id}`, 200)).owner_id, owners.members[0].user_id);
        assert.deepEqual(await differences(app.deps.db.reader), []);
        await Promise.all([alice, ...heirs].map((person) => person.request('POST', `/rooms/${id}/join`)));
      }
    });

    it('obeys the table of permissions, cell by cell', async () => {
      const people = {
        GU: gus,
        N: mallory,
        B: await app.register('banned'),
        MB: bob,
        MU: await app.register('muted'),
        RM: await app.register('roommod'),
        OW: alice,
        S: sam,
        AD: app.admin,
      };
      const [plain, office, other] = [
        await app.register('plain'),
        await app.register('office'),
        await app.register('other'),
      ];
      const makeRoom = async (isPublic: boolean) => {
        const { id } = await open({ is_public: isPublic });
        for (const person of [people.MB, people.MU, plain]) {
          await alice.post(`/rooms/${id}/members`, { user_id: person.id }, 201);
        }
        for (const person of [people.RM, office]) {
          await alice.post(`/rooms/${id}/members`, { user_id: person.id, role: 'moderator' }, 201);
        }
        await alice.put(`/rooms/${id}/mutes/${people.MU.id}`, {}, 200);
        await alice.put(`/rooms/${id}/bans/${people.B.id}`, {}, 200);
        return id as number;
      };
      // In public rooms GU NP BP MB MU RM OW SP AD; in private ones NX BX SX see nothing and the others are the same.
      const order = ['GU', 'N', 'B', 'MB', 'MU', 'RM', 'OW', 'S', 'AD'] as const;
      type Case = [
        label: string,
        method: 'GET' | 'POST' | 'PUT' | 'DELETE',
        path: string,
        body: object | undefined,
        cells: number[],
      ];
      const cases: Case[] = [
        ['read', 'GET', '', undefined, [200, 200, 403, 200, 200, 200, 200, 200, 200]],
        ['update', 'PUT', '', { topic: 'x' }, [403, 403, 403, 403, 403, 403, 200, 200, 200]],
        ['list', 'GET', '/members', undefined, [403, 200, 403, 200, 200, 200, 200, 200, 200]],
        ['join', 'POST', '/members', { user_id: 'self' }, [403, 201, 403, 409, 409, 409, 409, 201, 201]],
        ['join by its own route', 'POST', '/join', undefined, [403, 201, 403, 200, 200, 200, 200, 201, 201]],
        ['add', 'POST', '/members', { user_id: other.id }, [403, 403, 403, 403, 403, 201, 201, 201, 201]],
        [
          'add moderator',
          'POST',
          '/members',
          { user_id: other.id, role: 'moderator' },
          [403, 403, 403, 403, 403, 403, 201, 403, 201],
        ],
        [
          'promote',
          'PUT',
          `/members/${plain.id}`,
          { role: 'moderator' },
          [403, 403, 403, 403, 403, 403, 200, 403, 200],
        ],
        ['demote', 'PUT', `/members/${office.id}`, { role: 'member' }, [403, 403, 403, 403, 403, 403, 200, 403, 200]],
        [
          'promote oneself',
          'PUT',
          '/members/self',
          { role: 'moderator' },
          [403, 403, 403, 403, 403, 403, 409, 403, 404],
        ],
        ['leave', 'DELETE', '/members/self', undefined, [403, 404, 403, 204, 204, 204, 409, 404, 404]],
        ['leave by its own route', 'POST', '/leave', undefined, [403, 404, 403, 204, 204, 204, 409, 404, 404]],
        ['remove a member', 'DELETE', `/members/${plain.id}`, undefined, [403, 403, 403, 403, 403, 204, 204, 204, 204]],
        [
          'remove a moderator',
          'DELETE',
          `/members/${office.id}`,
          undefined,
          [403, 403, 403, 403, 403, 403, 204, 204, 204],
        ],
        [
          'remove the owner',
          'DELETE',
          `/members/${alice.id}`,
          undefined,
          [403, 403, 403, 403, 403, 403, 409, 403, 409],
        ],
        ['list bans', 'GET', '/bans', undefined, [403, 403, 403, 403, 403, 200, 200, 200, 200]],
        ['ban a member', 'PUT', `/bans/${plain.id}`, {}, [403, 403, 403, 403, 403, 200, 200, 200, 200]],
        ['ban a moderator', 'PUT', `/bans/${office.id}`, {}, [403, 403, 403, 403, 403, 403, 200, 200, 200]],
        ['ban the owner', 'PUT', `/bans/${alice.id}`, {}, [403, 403, 403, 403, 403, 403, 409, 403, 409]],
        ['lift a ban', 'DELETE', `/bans/${people.B.id}`, undefined, [403, 403, 403, 403, 403, 204, 204, 204, 204]],
        ['list mutes', 'GET', '/mutes', undefined, [403, 403, 403, 403, 403, 200, 200, 200, 200]],
        ['mute a member', 'PUT', `/mutes/${plain.id}`, {}, [403, 403, 403, 403, 403, 200, 200, 200, 200]],
        ['mute a moderator', 'PUT', `/mutes/${office.id}`, {}, [403, 403, 403, 403, 403, 403, 200, 200, 200]],
        ['mute the owner', 'PUT', `/mutes/${alice.id}`, {}, [403, 403, 403, 403, 403, 403, 409, 403, 409]],
        ['lift a mute', 'DELETE', `/mutes/${people.MU.id}`, undefined, [403, 403, 403, 403, 403, 204, 204, 204, 204]],
        ['delete', 'DELETE', '', undefined, [403, 403, 403, 403, 403, 403, 204, 403, 204]],
      ];
      const happensOnce = new Set([
        'add',
        'add moderator',
        'remove a member',
        'remove a moderator',
        'lift a ban',
        'lift a mute',
        'delete',
      ]);
      for (const isPublic of [true, false]) {
        for (const [label, method, path, body, cells] of cases) {
          let id = await makeRoom(isPublic);
          const check = async (name: (typeof order)[number], expected: number) => {
            const actor = people[name];
            const reply = await actor.request(method, `/rooms/${id}${path.replace('self', String(actor.id))}`, {
              body: body && 'user_id' in body && body.user_id === 'self' ? { user_id: actor.id } : body,
            });
            const cell = `${label}: ${name} in a ${isPublic ? 'public' : 'private'} room`;
            assert.equal(reply.status, expected, `${cell} → ${reply.status} ${reply.text}`);
            if (isHidden(name)) assert.equal(reply.error.code, 'ROOM_NOT_FOUND', cell);
          };
          const isHidden = (name: string) => !isPublic && ['GU', 'N', 'B', 'S'].includes(name);
          const expected = order.map(
            (name, column) => [name, isHidden(name) ? 404 : (cells[column] as number)] as const,
          );
          await app.unchanged(async () => {
            for (const [name, status] of expected) if (status >= 400) await check(name, status);
          });
          for (const [name, status] of expected) {
            if (status >= 400) continue;
            await check(name, status);
            if (happensOnce.has(label)) id = await makeRoom(isPublic);
          }
        }
      }
    });
  });
}
