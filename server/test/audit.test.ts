import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { engines } from './engines.ts';
import { createTestApp } from './harness/app.ts';
import { assertLikeExample } from './harness/example.ts';
import type { Person } from './harness/people.ts';

interface Entry {
  readonly id: number;
  readonly action: string;
  readonly details: Record<string, unknown>;
  readonly user_id: number | null;
  readonly moderator_id: number | null;
  readonly actor_id: number | null;
  readonly room_id: number | null;
  readonly conversation_id: number | null;
  readonly ip_address: string | null;
  readonly created_at: string;
}
interface Page {
  readonly logs: Entry[];
  readonly total: number;
  readonly has_more: boolean;
}

for (const engine of engines) {
  describe(`the audit log (${engine})`, async () => {
    const app = await createTestApp(engine);
    after(app.close);
    const { admin } = app;
    const [alice, bob, carol] = [await app.register('alice'), await app.register('bob'), await app.register('carol')];
    const server = await app.registerAs('moderator', 'mona');
    let room = 0;
    let other = 0;
    let message = 0;

    before(async () => {
      room = (await alice.post('/rooms', { name: 'moderated' }, 201)).id;
      other = (await alice.post('/rooms', { name: 'told of' }, 201)).id;
      await carol.post(`/rooms/${other}/join`, {}, 201);
      await alice.put(`/rooms/${other}/members/${carol.id}`, { role: 'moderator' }, 200);
      for (const person of [bob, carol]) await person.post(`/rooms/${room}/join`, {}, 201);
      await alice.put(`/rooms/${room}/members/${carol.id}`, { role: 'moderator' }, 200);
      message = (await bob.post(`/rooms/${room}/messages`, { content: 'Message supprimé' }, 201)).id;
    });
    const read = (who: Person, query = '', status = 200): Promise<Page> =>
      who.get(`/rooms/${room}/audit${query}`, status);

    it('says who deleted what of whom, as documented, and where from to admins only', async () => {
      await carol.delete(`/messages/${message}`, 204, { 'x-audit-log-reason': 'Contenu%20inappropri%C3%A9' });
      const { logs, total } = await read(alice, '?limit=50&action=message_deleted');
      const [entry] = logs as [Entry];
      assertLikeExample(entry, {
        id: 5001,
        action: 'message_deleted',
        details: { message_id: 999, content: 'Message supprimé', reason: 'Contenu inapproprié' },
        ...{ user_id: 123, moderator_id: 456, ip_address: null, created_at: '2024-01-15T13:20:00Z' },
      });
      const { message_id, content, reason } = entry.details;
      assert.deepEqual([message_id, content, reason], [message, 'Message supprimé', 'Contenu inapproprié']);
      assert.deepEqual([entry.user_id, entry.moderator_id, entry.actor_id], [bob.id, carol.id, carol.id]);
      assert.deepEqual([entry.ip_address, entry.room_id, total, logs.length], [null, room, 1, 1]);
      const [seen] = (await read(admin, '?action=message_deleted')).logs as [Entry];
      assert.deepEqual(seen, { ...entry, ip_address: '127.0.0.1' });
    });

    it('is for those who moderate, and nobody else', async () => {
      await read(bob, '', 403);
      await read(app.stranger, '', 401);
      await read(carol);
      await alice.get('/rooms/999999/audit', 404);
      await alice.get('/admin/audit', 403);
    });

    it('tells of webhooks those alone who may know of them', async () => {
      const body = { url: 'https://hooks.example.com/secret', events: ['*'], room_id: other };
      const { id } = await alice.post('/webhooks', body, 201);
      await alice.put(`/webhooks/${id}`, { active: false }, 200);
      await alice.delete(`/webhooks/${id}`, 204);
      const seen = (who: Person, query = '') => who.get(`/rooms/${other}/audit${query}`, 200);
      for (const who of [alice, admin]) {
        const { logs } = await seen(who);
        assert.deepEqual(
          logs.slice(0, 3).map(({ action }: Entry) => action),
          ['webhook_deleted', 'webhook_updated', 'webhook_created'],
        );
        assert.equal((await seen(who, '?action=webhook_created')).total, 1);
      }
      for (const who of [carol, server]) {
        const { logs, total } = await seen(who);
        assert.equal(logs.length, total);
        assert.ok(logs.length > 0);
        assert.doesNotMatch(JSON.stringify(logs), /webhook|hooks\.example/);
        assert.deepEqual((await seen(who, '?action=webhook_created')).total, 0);
      }
    });

    it('pages newest first, by position and by offset, with a total that stays', async () => {
      const { logs, total, has_more } = await read(alice, '?limit=100');
      assert.deepEqual([logs.length, has_more], [total, false]);
      assert.deepEqual(
        logs.map(({ action }) => action),
        ['message_deleted', 'member_role_changed', 'user_joined', 'user_joined', 'room_created'],
      );
      assert.ok(logs.every(({ id }, place) => place === 0 || id < (logs[place - 1] as Entry).id));
      const two = await read(alice, '?limit=2');
      assert.deepEqual([two.logs, two.total, two.has_more], [logs.slice(0, 2), total, true]);
      assert.deepEqual((await read(alice, `?limit=2&before_id=${two.logs[1]?.id}`)).logs, logs.slice(2, 4));
      assert.deepEqual((await read(alice, '?limit=2&offset=4')).logs, logs.slice(4));
      assert.deepEqual((await read(alice, '?offset=10000')).logs, []);
    });

    it('is filtered by whom it happened to, who did it, and when', async () => {
      const { logs } = await read(alice, '?limit=100');
      const ids = (page: Page) => page.logs.map(({ id }) => id);
      const only = (wanted: (entry: Entry) => boolean) => logs.filter(wanted).map(({ id }) => id);
      const toCarol = await read(alice, `?user_id=${carol.id}`);
      assert.deepEqual(
        ids(toCarol),
        only((entry) => entry.user_id === carol.id),
      );
      assert.equal(toCarol.total, 2);
      assert.deepEqual(
        ids(await read(alice, `?actor_id=${alice.id}`)),
        only((entry) => entry.actor_id === alice.id),
      );
      const at = (logs[2] as Entry).created_at;
      const both = [...ids(await read(alice, `?from=${at}`)), ...ids(await read(alice, `?to=${at}`))];
      assert.deepEqual(both, ids({ logs } as Page), 'from includes its moment, to does not');
      assert.equal((await read(alice, `?from=${at}&to=${at}`)).total, 0);
      assert.equal((await read(alice, '?user_id=999999')).total, 0);
      const inParis = encodeURIComponent('2000-01-01T00:00:00+01:00');
      assert.equal((await read(alice, `?from=${inParis}`)).total, logs.length);
    });

    const refused: readonly (readonly [string, string])[] = [
      ['action=message_sent', 'action'],
      ['action=nonsense', 'action'],
      ['action=', 'action'],
      ['action=message_deleted%27%20or%201=1', 'action'],
      ['user_id=me', 'user_id'],
      ['user_id=0', 'user_id'],
      ['user_id=9007199254740993', 'user_id'],
      ['actor_id=-1', 'actor_id'],
      ['before_id=1.5', 'before_id'],
      ['limit=0', 'limit'],
      ['limit=101', 'limit'],
      ['limit=1e9', 'limit'],
      ['offset=-1', 'offset'],
      ['offset=10001', 'offset'],
      ['from=yesterday', 'from'],
      ['from=2024-02-30T00:00:00Z', 'from'],
      ['to=2016-12-31T23:59:60Z', 'to'],
      ['to=%F0%9F%92%A9', 'to'],
      ['from=2024-01-02T00:00:00Z&to=2024-01-01T00:00:00Z', 'to'],
      ['limit=5&limit=6', 'limit'],
    ];
    for (const [query, field] of refused) {
      it(`refuses ?${query} by the name of the field`, async () => {
        for (const path of [`/rooms/${room}/audit`, '/admin/audit']) {
          const { code, details } = await admin.get(`${path}?${query}`, 400);
          assert.deepEqual([code, details.field], ['VALIDATION_FAILED', field]);
        }
      });
    }

    it('keeps an admin’s look into a private room where its owner sees it', async () => {
      const { id } = await alice.post('/rooms', { name: 'private', is_public: false }, 201);
      await admin.get(`/rooms/${id}/messages`, 200);
      const { logs } = (await alice.get(`/rooms/${id}/audit?action=private_room_read`, 200)) as Page;
      assert.deepEqual(
        logs.map(({ actor_id, ip_address }) => [actor_id, ip_address]),
        [[admin.id, null]],
      );
    });

    it('of the whole server is for admins, and has what belongs to no room', async () => {
      await app.login('bob');
      const { logs } = (await admin.get(`/admin/audit?action=session_started&user_id=${bob.id}`, 200)) as Page;
      assert.ok(logs.length > 0);
      assert.ok(logs.every((entry) => entry.room_id === null && entry.ip_address === '127.0.0.1'));
      const all = (await admin.get('/admin/audit?limit=100', 200)) as Page;
      const again = (await admin.get(`/admin/audit?limit=1&before_id=${all.logs[1]?.id}`, 200)) as Page;
      assert.deepEqual([again.logs[0]?.id, again.total], [all.logs[2]?.id, all.total]);
    });

    it('tells admins that something happened between two people, and none of their words', async () => {
      const { id } = await alice.post('/conversations', { user_id: bob.id }, 201);
      const sent = await bob.post(`/conversations/${id}/messages`, { content: 'just between us' }, 201);
      await bob.put(`/messages/${sent.id}`, { content: 'still between us', edit_reason: 'private matters' }, 200);
      await bob.delete(`/messages/${sent.id}`, 204, { 'x-audit-log-reason': 'regret' });
      await alice.post(`/conversations/${id}/block`, { blocked: true }, 200);
      const page = await admin.request('GET', '/admin/audit?limit=100');
      assert.doesNotMatch(page.text, /between us|private matters|regret/);
      const about = (page.data as Page).logs.filter(({ conversation_id }) => conversation_id === id);
      assert.deepEqual(
        about.map(({ action }) => action),
        ['conversation_blocked', 'message_deleted', 'message_updated'],
      );
      assert.equal(about[1]?.details.message_id, sent.id);
    });

    it('goes with its room', async () => {
      const { id } = await alice.post('/rooms', { name: 'going' }, 201);
      await alice.delete(`/rooms/${id}`, 204);
      await alice.get(`/rooms/${id}/audit`, 404);
      const { logs } = (await admin.get('/admin/audit?action=room_deleted', 200)) as Page;
      assert.deepEqual([logs[0]?.room_id, logs[0]?.details.name], [id, 'going']);
    });
  });

  describe(`the audit log without words (${engine})`, async () => {
    const app = await createTestApp(engine, { AUDIT_KEEP_CONTENT: 'false' });
    after(app.close);

    it('says that a message was deleted, and not what it was', async () => {
      const { id } = await app.admin.post('/rooms', { name: 'discreet' }, 201);
      const sent = await app.admin.post(`/rooms/${id}/messages`, { content: 'forget this' }, 201);
      await app.admin.delete(`/messages/${sent.id}`, 204);
      const { logs } = (await app.admin.get(`/rooms/${id}/audit?action=message_deleted`, 200)) as Page;
      assert.equal(logs[0]?.details.message_id, sent.id);
      assert.ok(!('content' in (logs[0]?.details ?? {})));
    });
  });
}
